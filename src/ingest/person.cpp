#include "ingest/person.h"

#include <algorithm>
#include <array>

#include "ingest/dicom_sr.h"

namespace salus::ingest {
namespace {

Error about(const PersonFile& file, const Error& error) {
  return {error.code, file.name + ": " + error.message};
}

/// The files by kind.
struct Sorted {
  std::array<std::vector<const PersonFile*>, 5> of;
  const std::vector<const PersonFile*>& operator[](FileKind kind) const {
    return of[static_cast<std::size_t>(kind)];
  }
};

Result<Sorted> sorted(const std::vector<PersonFile>& files, Person& out) {
  Sorted by;
  for (const PersonFile& file : files) {
    const auto kind = kind_of(file.text);
    if (!kind) return about(file, kind.error());
    by.of[static_cast<std::size_t>(*kind)].push_back(&file);
    out.files.push_back(file.name + ": " + std::string(name(*kind)));
  }
  for (const FileKind once : {FileKind::kVcf, FileKind::kOutsideCalls}) {
    if (by[once].size() < 2) continue;
    return Error{ErrorCode::kInvalidArgument,
                 by[once][1]->name + ": a second file of kind " + std::string(name(once)) +
                     " beside " + by[once][0]->name + "; which of them counts cannot be told"};
  }
  return by;
}

Status read_record(const Sorted& files, PatientRecord& record) {
  if (files[FileKind::kFhir].empty()) return {};
  std::vector<NamedText> texts;
  for (const PersonFile* f : files[FileKind::kFhir]) texts.push_back({f->name, f->text});
  auto read = read_fhir(texts);
  if (!read) {
    const bool one = texts.size() == 1 && !read.error().message.starts_with(texts[0].name);
    return one ? about(*files[FileKind::kFhir][0], read.error()) : read.error();
  }
  record = std::move(read).value();
  return {};
}

Status read_sensors(const Sorted& files, const PersonOptions& options, PatientRecord& record,
                    Person& out) {
  std::vector<SensorPoint> points;
  for (const PersonFile* f : files[FileKind::kOpenMHealth]) {
    auto read = read_open_mhealth(f->text);
    if (!read) return about(*f, read.error());
    out.unused.insert(out.unused.end(), read->unused.begin(), read->unused.end());
    for (SensorPoint& p : read->points) {
      if (p.quantity == "weight") {
        // A weighing is a reading like one of the record.
        record.readings.push_back({p.quantity, p.value, p.unit, p.given, p.given_unit,
                                   "body-weight", p.when, p.end, p.source});
      } else if (options.as_of && p.end > *options.as_of) {
        out.unused.push_back({p.source, p.quantity, "later than the date asked for"});
      } else {
        points.push_back(std::move(p));
      }
    }
  }
  if (points.empty()) return {};
  auto series = reduce(points, options.window_s);
  if (!series) return series.error();
  out.sensors = std::move(series).value();
  return {};
}

Status read_reports(const Sorted& files, PatientRecord& record, Person& out) {
  for (const PersonFile* f : files[FileKind::kDicomReport]) {
    auto read = read_dicom_sr(f->text);
    if (!read) return about(*f, read.error());
    if (out.subject.empty()) out.subject = read->patient;
    std::ranges::move(read->readings, std::back_inserter(record.readings));
    std::ranges::move(read->unused, std::back_inserter(out.unused));
  }
  return {};
}

Status read_genotypes(const Sorted& files, const PersonOptions& options, Person& out) {
  for (const PersonFile* f : files[FileKind::kOutsideCalls]) {
    const auto calls = parse_outside_calls(f->text);
    if (!calls) return about(*f, calls.error());
    for (const OutsideCall& call : *calls)
      out.genotypes.push_back(take_outside_call(options.tables, call));
  }
  for (const PersonFile* f : files[FileKind::kVcf]) {
    const auto vcf = read_vcf(f->text, options.sample, places_of(options.tables));
    if (!vcf) return about(*f, vcf.error());
    if (out.subject.empty()) out.subject = vcf->sample;
    for (const GeneTable& table : options.tables) {
      if (!table.definition) continue;
      Genotype genotype = call_genotype(table, *vcf);
      const auto outside = std::ranges::find(out.genotypes, table.gene, &Genotype::gene);
      if (outside == out.genotypes.end()) {
        out.genotypes.push_back(std::move(genotype));
      } else {
        out.unused.push_back({genotype.source, table.gene, "the outside call comes before it"});
      }
    }
  }
  return {};
}

void choose_genotypes(const PersonOptions& options, Person& out) {
  for (const Genotype& genotype : out.genotypes) {
    const auto table = std::ranges::find(options.tables, genotype.gene, &GeneTable::gene);
    if (table == options.tables.end()) {
      out.unused.push_back({genotype.source, genotype.gene, genotype.no_call});
      continue;
    }
    auto features = genotype_features(*table, genotype, options.asked, &out.unused);
    std::ranges::move(features, std::back_inserter(out.chosen));
  }
}

}  // namespace

std::string_view name(FileKind kind) {
  switch (kind) {
    case FileKind::kFhir: return "FHIR R4";
    case FileKind::kVcf: return "VCF";
    case FileKind::kOutsideCalls: return "outside calls";
    case FileKind::kOpenMHealth: return "Open mHealth";
    case FileKind::kDicomReport: return "DICOM report";
  }
  return "";
}

Result<FileKind> kind_of(std::string_view text) {
  if (looks_compressed(text)) {
    return Error{ErrorCode::kInvalidArgument,
                 "compressed (gzip or BGZF); unpack it first: gzip -dc FILE.gz > FILE"};
  }
  if (looks_like_dicom(text)) return FileKind::kDicomReport;
  if (looks_like_vcf(text)) return FileKind::kVcf;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
    const bool fhir = text[first] == '{' && text.find("\"resourceType\"") != std::string_view::npos;
    return !fhir && looks_like_open_mhealth(text) ? FileKind::kOpenMHealth : FileKind::kFhir;
  }
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with('#') || line.find_first_not_of(" \t\r") == std::string_view::npos)
      continue;
    if (line.find('\t') != std::string_view::npos && line.size() < 1'000)
      return FileKind::kOutsideCalls;
    break;
  }
  return Error{ErrorCode::kInvalidArgument,
               "neither FHIR R4 (JSON, NDJSON), VCF, outside calls (gene, tab, diplotype), Open "
               "mHealth data points (JSON) nor a DICOM report"};
}

Result<Person> read_person(const std::vector<PersonFile>& files, const PersonOptions& options) {
  if (files.size() > kMaxPersonFiles) {
    return Error{ErrorCode::kLimit, std::to_string(files.size()) + " files, at most " +
                                        std::to_string(kMaxPersonFiles)};
  }
  Person out;
  const auto by_kind = sorted(files, out);
  if (!by_kind) return by_kind.error();
  PatientRecord record;
  if (Status s = read_record(*by_kind, record); !s) return s.error();
  out.subject = record.patient;
  if (Status s = read_sensors(*by_kind, options, record, out); !s) return s.error();
  if (Status s = read_reports(*by_kind, record, out); !s) return s.error();
  if (Status s = read_genotypes(*by_kind, options, out); !s) return s.error();
  out.unused.insert(out.unused.end(), record.unused.begin(), record.unused.end());
  out.chosen = latest(record, options.as_of, &out.unused);
  out.readings = std::move(record.readings);
  std::ranges::move(sensor_features(out.sensors), std::back_inserter(out.chosen));
  choose_genotypes(options, out);
  return out;
}

}  // namespace salus::ingest
