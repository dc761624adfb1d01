// The doors of the SBML reader: text and files -> models.
#include "base/bytes.h"
#include "base/file.h"
#include "model/sbml.h"
#include "model/sbml/assemble.h"
#include "model/sbml/xml_scan.h"

namespace salus::model {
namespace {

// A catalogue name: letters, digits and _.
std::string plain_name(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 64)) {
    out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  }
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out[0]))) out.insert(0, "_");
  return out;
}

}  // namespace

Result<SbmlImport> import_sbml(std::string_view xml, std::string_view file_name) {
  const std::string file(file_name);
  if (const Status fine = sbml::scan_xml(xml); !fine) {
    return Error{fine.error().code, file + ":" + fine.error().message};
  }
  try {
    SbmlImport out = sbml::assemble(sbml::read_document(xml));
    const std::string stem = std::filesystem::path(file).stem().string();
    out.model.name = plain_name(out.model.name.empty() ? stem : out.model.name);
    if (out.model.title.empty()) out.model.title = stem;
    out.model.digest = sha256(as_bytes(xml)).hex();
    return out;
  } catch (const sbml::Complaint& complaint) {
    return Error{complaint.error.code, file + ":" + complaint.error.message};
  }
}

Result<Model> read_sbml(std::string_view xml, std::string_view file_name) {
  auto imported = import_sbml(xml, file_name);
  if (!imported) return imported.error();
  return std::move(imported->model);
}

bool is_sbml_path(const std::filesystem::path& path) {
  return path.extension() == ".xml" || path.extension() == ".sbml";
}

Result<Model> load_sbml(const std::filesystem::path& path) {
  const auto text = read_text_file(path, kMaxSbmlBytes);
  if (!text) return text.error();
  auto model = read_sbml(*text, path.filename().string());
  if (!model) return model;
  const std::filesystem::path sidecar =
      std::filesystem::path(path).replace_extension(".sidecar.toml");
  std::error_code ignored;
  if (!std::filesystem::exists(sidecar, ignored)) return model;
  const auto extra = read_text_file(sidecar, kMaxSidecarBytes);
  if (!extra) return extra.error();
  return apply_sidecar(std::move(*model), *extra, sidecar.filename().string());
}

}  // namespace salus::model
