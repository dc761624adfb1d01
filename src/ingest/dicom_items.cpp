#include "ingest/dicom_items.h"

#include "ingest/dicom_sr.h"

namespace salus::ingest {
namespace {

constexpr std::string_view kExplicit = "1.2.840.10008.1.2.1";
constexpr std::string_view kImplicit = "1.2.840.10008.1.2";
constexpr std::uint32_t kUndefined = 0xFFFFFFFF;
constexpr DicomTag kItem = 0xFFFEE000, kItemEnd = 0xFFFEE00D, kSequenceEnd = 0xFFFEE0DD;
constexpr DicomTag kTransferSyntax = 0x00020010;

struct Element {
  DicomTag tag = 0;
  std::string_view vr;  // empty in implicit ones and items
  std::uint32_t length = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}

  Result<DicomItem> file() {
    at_ = 132;
    DicomItem meta;
    // The meta group is explicit and goes before the data set.
    while (at_ + 8 <= bytes_.size() && number(at_, 2) == 0x0002) {
      if (Status s = element(meta, 0); !s) return s.error();
    }
    const std::string_view syntax = meta.text(kTransferSyntax);
    if (syntax != kExplicit && syntax != kImplicit) {
      return Error{ErrorCode::kInvalidArgument,
                   "DICOM: transfer syntax \"" + std::string(syntax.substr(0, 40)) +
                       "\"; only little endian is read, convert it with dcmconv +te"};
    }
    implicit_ = syntax == kImplicit;
    DicomItem out;
    while (at_ < bytes_.size()) {
      if (Status s = element(out, 0); !s) return s.error();
    }
    return out;
  }

 private:
  Error bad(const std::string& what) const {
    return {ErrorCode::kParse, "DICOM: byte " + std::to_string(at_) + ": " + what};
  }

  std::uint32_t number(std::size_t at, std::size_t size) const {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < size; ++i)
      out |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes_[at + i])) << (8 * i);
    return out;
  }

  static bool has_long_length(std::string_view vr) {
    for (const char* one :
         {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}) {
      if (vr == one) return true;
    }
    return false;
  }

  // Tag, VR, length; `at_` is at the value behind it.
  Result<Element> header() {
    if (++count_ > kMaxDicomElements) {
      return Error{ErrorCode::kLimit,
                   "DICOM: more than " + std::to_string(kMaxDicomElements) + " elements"};
    }
    if (bytes_.size() - at_ < 8) return bad("ends within an element");
    Element out;
    out.tag = number(at_, 2) << 16 | number(at_ + 2, 2);
    const bool meta = out.tag >> 16 == 0x0002;
    if (out.tag >> 16 == 0xFFFE || (implicit_ && !meta)) {
      out.length = number(at_ + 4, 4);
      at_ += 8;
      return out;
    }
    out.vr = bytes_.substr(at_ + 4, 2);
    if (!has_long_length(out.vr)) {
      out.length = number(at_ + 6, 2);
      at_ += 8;
      return out;
    }
    if (bytes_.size() - at_ < 12) return bad("ends within an element");
    out.length = number(at_ + 8, 4);
    at_ += 12;
    return out;
  }

  // In implicit files only a list knows which tags are sequences: those that reports are made of.
  static bool is_known_sequence(DicomTag tag) {
    return tag == 0x0040A730 || tag == 0x0040A043 || tag == 0x0040A300 || tag == 0x004008EA ||
           tag == 0x0040A168;
  }

  Status element(DicomItem& out, std::size_t depth) {
    const auto read = header();
    if (!read) return read.error();
    const bool sequence = read->vr == "SQ" || read->length == kUndefined ||
                          (read->vr.empty() && is_known_sequence(read->tag));
    if (sequence) return items(out.sequences[read->tag], read->length, depth + 1);
    if (read->length > bytes_.size() - at_) {
      return bad("a value of " + std::to_string(read->length) + " bytes, " +
                 std::to_string(bytes_.size() - at_) + " are left");
    }
    std::string_view value = bytes_.substr(at_, read->length);
    at_ += read->length;
    if (value.size() > kMaxDicomValue) return {};
    while (!value.empty() && (value.back() == ' ' || value.back() == '\0')) value.remove_suffix(1);
    out.values[read->tag] = value;
    return {};
  }

  Status items(std::vector<DicomItem>& out, std::uint32_t length, std::size_t depth) {
    if (depth > kMaxDicomDepth) {
      return Error{ErrorCode::kLimit,
                   "DICOM: nested deeper than " + std::to_string(kMaxDicomDepth)};
    }
    const auto end = end_of(length);
    if (!end) return end.error();
    while (at_ < *end) {
      const auto read = header();
      if (!read) return read.error();
      if (read->tag == kSequenceEnd && length == kUndefined) return {};
      if (read->tag != kItem) return bad("a sequence holds what is no item");
      out.emplace_back();
      if (Status s = item(out.back(), read->length, depth); !s) return s;
    }
    return length == kUndefined ? Status(bad("a sequence does not end")) : Status{};
  }

  Status item(DicomItem& out, std::uint32_t length, std::size_t depth) {
    const auto end = end_of(length);
    if (!end) return end.error();
    while (at_ < *end) {
      const bool tag = bytes_.size() - at_ >= 8;
      if (tag && length == kUndefined && (number(at_, 2) << 16 | number(at_ + 2, 2)) == kItemEnd) {
        at_ += 8;
        return {};
      }
      if (Status s = element(out, depth); !s) return s;
    }
    return length == kUndefined ? Status(bad("an item does not end")) : Status{};
  }

  // Where what starts here ends; the end of the file where it says so itself.
  Result<std::size_t> end_of(std::uint32_t length) const {
    if (length == kUndefined) return bytes_.size();
    if (length > bytes_.size() - at_) return bad("a length beyond the end");
    return at_ + length;
  }

  std::string_view bytes_;
  std::size_t at_ = 0, count_ = 0;
  bool implicit_ = false;
};

}  // namespace

std::string_view DicomItem::text(DicomTag tag) const {
  const auto found = values.find(tag);
  return found == values.end() ? std::string_view{} : std::string_view(found->second);
}

const std::vector<DicomItem>& DicomItem::items(DicomTag tag) const {
  static const std::vector<DicomItem> kNone;
  const auto found = sequences.find(tag);
  return found == sequences.end() ? kNone : found->second;
}

bool looks_like_dicom(std::string_view bytes) {
  return bytes.size() >= 132 && bytes.substr(128, 4) == "DICM";
}

Result<DicomItem> parse_dicom(std::string_view bytes) {
  if (bytes.size() > kMaxDicomBytes) {
    return Error{ErrorCode::kLimit, "DICOM: " + std::to_string(bytes.size()) + " bytes, at most " +
                                        std::to_string(kMaxDicomBytes)};
  }
  if (!looks_like_dicom(bytes))
    return Error{ErrorCode::kParse, "DICOM: no DICM behind the first 128 bytes"};
  return Parser(bytes).file();
}

}  // namespace salus::ingest
