#include "ingest/vcf.h"

#include <algorithm>
#include <charconv>

namespace salus::ingest {
namespace {

constexpr std::size_t kFixedColumns = 9;
constexpr std::string_view kColumns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT";

Error at_line(std::size_t line, const std::string& what, ErrorCode code = ErrorCode::kParse) {
  return Error{code, "VCF line " + std::to_string(line) + ": " + what};
}

Error too_many(std::string_view what, std::size_t most) {
  return Error{ErrorCode::kLimit, "VCF: more than " + std::to_string(most) + " " +
                                      std::string(what) +
                                      "; cut it to the genes, for example with bcftools view -R"};
}

// The text up to `separator`, which goes too.
std::string_view take(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

template <class Number>
bool to_number(std::string_view text, Number& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// For messages: file content is not echoed at length.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, 40));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return "\"" + out + "\"";
}

// Assemblies whose positions are not GRCh38's, as header lines name them.
bool is_other_assembly(std::string_view meta) {
  if (!meta.starts_with("##contig") && !meta.starts_with("##reference") &&
      !meta.starts_with("##assembly"))
    return false;
  const std::string text = upper(meta);
  for (const char* name : {"GRCH37", "HG19", "B37", "HS37D5", "NCBI36", "HG18", "B36", "CHM13",
                           "T2T", "HUMAN_G1K_V37"}) {
    if (text.find(name) != std::string::npos) return true;
  }
  return false;
}

bool is_bare_chromosome(std::string_view name) {
  int number = 0;
  return name == "X" || name == "Y" || name == "M" || name == "MT" ||
         (to_number(name, number) && number >= 1 && number <= 22);
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view sample, const std::set<Place>& wanted)
      : text_(text), wanted_(wanted) {
    out_.sample = sample;
  }

  Result<Vcf> read() {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    if (!text_.starts_with("##fileformat=VCFv4"))
      return at_line(1, "does not start with ##fileformat=VCFv4.x: is this a VCF?");
    bool columns = false;
    while (!text_.empty()) {
      std::string_view one = take(text_, '\n');
      ++line_;
      if (one.size() > kMaxVcfLine)
        return at_line(line_, "longer than " + std::to_string(kMaxVcfLine) + " bytes",
                       ErrorCode::kLimit);
      if (one.ends_with('\r')) one.remove_suffix(1);
      if (one.empty()) continue;
      Status fine;
      if (one.starts_with("##")) {
        fine = meta(one);
      } else if (one.starts_with("#CHROM")) {
        if (columns) return at_line(line_, "a second header line");
        columns = true;
        fine = header(one);
      } else if (one.starts_with('#')) {
        continue;  // a comment, as some tools leave
      } else if (!columns) {
        return at_line(line_, "a record before the line #CHROM ...");
      } else {
        fine = record(one);
      }
      if (!fine) return fine.error();
    }
    if (!columns) return at_line(line_, "ends without a line #CHROM ...");
    return std::move(out_);
  }

 private:
  Status meta(std::string_view one) {
    if (!is_other_assembly(one)) return {};
    return at_line(line_,
                   "made on another assembly than GRCh38 (" + shown(one) +
                       "), whose positions mean other places; lift it over or call it anew",
                   ErrorCode::kInvalidArgument);
  }

  Status header(std::string_view one) {
    if (!one.starts_with(kColumns) || one.size() <= kColumns.size() + 1) {
      return at_line(line_,
                     "expected the columns CHROM POS ID REF ALT QUAL FILTER INFO FORMAT and "
                     "at least one sample, separated by tabs");
    }
    std::string_view rest = one.substr(kColumns.size() + 1);
    std::vector<std::string> names;
    while (!rest.empty()) {
      if (names.size() == kMaxVcfSamples) return too_many("samples", kMaxVcfSamples);
      names.emplace_back(take(rest, '\t'));
    }
    std::string listed;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 8); ++i)
      listed += (i == 0 ? "" : ", ") + names[i].substr(0, 40);
    if (names.size() > 8) listed += ", ...";
    if (out_.sample.empty()) {
      if (names.size() > 1) {
        return Error{ErrorCode::kInvalidArgument, "VCF: " + std::to_string(names.size()) +
                                                      " samples (" + listed +
                                                      "); say whose it is with --sample NAME"};
      }
      out_.sample = names[0];
    }
    const auto found = std::ranges::find(names, out_.sample);
    if (found == names.end()) {
      return Error{ErrorCode::kNotFound,
                   "VCF: no sample " + shown(out_.sample) + "; there are " + listed};
    }
    if (std::count(names.begin(), names.end(), out_.sample) > 1)
      return at_line(line_, "the sample " + shown(out_.sample) + " is there twice");
    samples_ = names.size();
    column_ = kFixedColumns + static_cast<std::size_t>(found - names.begin());
    return {};
  }

  Status record(std::string_view one) {
    if (++out_.records > kMaxVcfRecords) return too_many("records", kMaxVcfRecords);
    std::array<std::string_view, kFixedColumns> fixed;
    std::string_view value, rest = one;
    std::size_t count = 0;
    while (!rest.empty()) {
      const std::string_view cell = take(rest, '\t');
      if (count < kFixedColumns) fixed[count] = cell;
      if (count == column_) value = cell;
      ++count;
    }
    if (count != kFixedColumns + samples_) {
      return at_line(line_, std::to_string(count) + " columns, the header has " +
                                std::to_string(kFixedColumns + samples_));
    }
    VcfCall call;
    call.line = line_;
    call.place.first = fixed[0];
    if (is_bare_chromosome(fixed[0])) {
      return at_line(line_,
                     "chromosome " + shown(fixed[0]) +
                         " without \"chr\"; rename them, for "
                         "example with bcftools annotate --rename-chrs",
                     ErrorCode::kInvalidArgument);
    }
    if (!to_number(fixed[1], call.place.second) || call.place.second < 0)
      return at_line(line_, "POS is " + shown(fixed[1]) + ", not a position");
    if (!wanted_.empty() && !wanted_.contains(call.place)) return {};
    call.ref = upper(fixed[3]);
    if (call.ref.empty() || fixed[4].empty()) return at_line(line_, "REF or ALT is empty");
    for (std::string_view alts = fixed[4] == "." ? "" : fixed[4]; !alts.empty();) {
      if (call.alts.size() == kMaxVcfAlternatives)
        return too_many("alternatives", kMaxVcfAlternatives);
      call.alts.push_back(upper(take(alts, ',')));
    }
    if (Status s = sample(fixed[8], value, call); !s) return s;
    out_.calls.push_back(std::move(call));
    return {};
  }

  // FORMAT names what the sample's values are, in order; trailing ones may be left out.
  Status sample(std::string_view format, std::string_view value, VcfCall& call) {
    std::string_view phase_set;
    while (!format.empty() && !value.empty()) {
      const std::string_view key = take(format, ':'), one = take(value, ':');
      if (key == "GT") call.genotype = one;
      if (key == "PS") phase_set = one;
      if (key == "AD") depths(one, call);
    }
    if (call.genotype.empty()) return {};
    if (Status s = genotype(call); !s) return s;
    if (!call.phased || phase_set.empty() || phase_set == ".") return {};
    std::int64_t number = 0;
    if (!to_number(phase_set, number))
      return at_line(line_, "PS is " + shown(phase_set) + ", not a number");
    call.phase_set = number;
    return {};
  }

  Status genotype(VcfCall& call) const {
    call.phased = call.genotype.find('/') == std::string::npos;
    std::string text = call.genotype;
    std::ranges::replace(text, '|', '/');
    // VCF 4.4 allows a first separator, which says how the first allele is phased.
    std::string_view rest = text;
    if (rest.starts_with('/')) rest.remove_prefix(1);
    bool more = true;
    while (more) {
      more = rest.find('/') != std::string_view::npos;
      const std::string_view one = take(rest, '/');
      std::size_t index = 0;
      if (one != "." && (!to_number(one, index) || index > call.alts.size())) {
        return at_line(line_, "GT " + shown(call.genotype) +
                                  " names an allele that is none of REF and " +
                                  std::to_string(call.alts.size()) + " ALT");
      }
      if (call.alleles.size() == kMaxVcfPloidy) return too_many("alleles in GT", kMaxVcfPloidy);
      call.alleles.push_back(one == "." ? std::nullopt : std::optional(index));
    }
    return {};
  }

  // Depths say something only where all of them are numbers.
  static void depths(std::string_view text, VcfCall& call) {
    while (!text.empty()) {
      std::int64_t depth = 0;
      const std::string_view one = take(text, ',');
      if (one == ".") continue;
      if (!to_number(one, depth) || call.depths.size() > kMaxVcfAlternatives) {
        call.depths.clear();
        return;
      }
      call.depths.push_back(depth);
    }
  }

  std::string_view text_;
  const std::set<Place>& wanted_;
  Vcf out_;
  std::size_t line_ = 0;
  std::size_t samples_ = 0;
  std::size_t column_ = 0;
};

}  // namespace

bool looks_compressed(std::string_view text) { return text.starts_with("\x1f\x8b"); }

bool looks_like_vcf(std::string_view text) {
  return text.starts_with("##fileformat=VCF") || text.starts_with("\xEF\xBB\xBF##fileformat=VCF");
}

Result<Vcf> read_vcf(std::string_view text, std::string_view sample,
                     const std::set<Place>& wanted) {
  if (looks_compressed(text)) {
    return Error{
        ErrorCode::kInvalidArgument,
        "VCF: compressed (gzip or BGZF); unpack it first: gzip -dc FILE.vcf.gz > FILE.vcf"};
  }
  if (text.size() > kMaxVcfBytes) {
    return Error{ErrorCode::kLimit, "VCF: " + std::to_string(text.size()) + " bytes, at most " +
                                        std::to_string(kMaxVcfBytes) +
                                        "; cut it to the genes, for example with bcftools view -R"};
  }
  return Reader(text, sample, wanted).read();
}

}  // namespace salus::ingest
