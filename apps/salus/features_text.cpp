#include "features_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace salus::cli {
namespace {

using nlohmann::json;

void add_files(const ingest::Person& person, std::size_t features, Answer& answer) {
  answer.text = fmt::format("patient {}: {} numbers read, {} features\n", person.subject,
                            person.readings.size(), features);
  for (const std::string& file : person.files) answer.text += "  " + file + "\n";
  answer.json = {{"patient", person.subject},
                 {"files", person.files},
                 {"readings", person.readings.size()},
                 {"features", json::array()},
                 {"genotypes", json::array()},
                 {"sensors", json::array()},
                 {"unused", json::array()}};
}

json to_json(const ingest::Genotype& g) {
  json out = {
      {"gene", g.gene}, {"source", g.source}, {"diplotypes", json::array()}, {"notes", g.notes}};
  for (const ingest::CalledDiplotype& d : g.diplotypes) {
    json one = {{"name", d.name}, {"phenotype", d.phenotype}, {"match_score", d.score}};
    if (d.activity_score) one["activity_score"] = *d.activity_score;
    if (d.pair != d.name) one["counts_as"] = d.pair;
    out["diplotypes"].push_back(std::move(one));
  }
  if (!g.unphased.empty()) out["alleles_of_unknown_strand"] = g.unphased;
  if (!g.no_call.empty()) out["no_call"] = g.no_call;
  if (!g.not_for_models.empty()) out["not_for_models"] = g.not_for_models;
  if (!g.phenotype().empty()) out["phenotype"] = g.phenotype();
  if (const auto score = g.activity_score()) out["activity_score"] = *score;
  if (g.loci > 0) out["places"] = {{"defined", g.loci}, {"called", g.called_loci}};
  return out;
}

void add_genotypes(const ingest::Person& person, Answer& answer) {
  if (person.genotypes.empty()) return;
  answer.text += "\ngenotypes\n";
  for (const ingest::Genotype& g : person.genotypes) {
    answer.json["genotypes"].push_back(to_json(g));
    if (g.diplotypes.empty())
      answer.text += fmt::format("  {:<9} not called: {}\n", g.gene, g.no_call);
    for (const ingest::CalledDiplotype& d : g.diplotypes) {
      const std::string score =
          d.activity_score ? fmt::format(", score {}", *d.activity_score) : "";
      const std::string counts = d.pair == d.name ? "" : fmt::format(" (counts as {})", d.pair);
      answer.text += fmt::format("  {:<9} {}{}: {}{}\n", g.gene, d.name, counts,
                                 d.phenotype.empty() ? "no known phenotype" : d.phenotype, score);
    }
    for (const std::string& note : g.notes) answer.text += fmt::format("  {:<9}   {}\n", "", note);
  }
}

void add_sensors(const ingest::Person& person, Answer& answer) {
  for (const ingest::SensorSeries& s : person.sensors) {
    json windows = json::array();
    for (const ingest::SensorWindow& w : s.windows) {
      windows.push_back({{"start", w.start},
                         {"count", w.count},
                         {"mean", w.mean},
                         {"min", w.min},
                         {"max", w.max},
                         {"sum", w.sum},
                         {"coverage", w.coverage}});
    }
    answer.text += fmt::format("{}  {:<12} {} windows of {} min\n",
                               &s == &person.sensors.front() ? "\nsensors\n" : "", s.quantity,
                               s.windows.size(), s.window_s / 60);
    answer.json["sensors"].push_back({{"quantity", s.quantity},
                                      {"unit", s.unit},
                                      {"window_s", s.window_s},
                                      {"windows", std::move(windows)}});
  }
}

void add_features(const ingest::Person& person, const std::vector<ingest::Chosen>& chosen,
                  Answer& answer) {
  std::map<std::string, const ingest::Reading*> by_source;
  for (const ingest::Reading& r : person.readings)
    by_source[r.source + ", " + r.when + r.quantity] = &r;
  std::size_t width = 20;
  for (const ingest::Chosen& c : chosen) width = std::max(width, c.feature.name.size());
  answer.text += "\nfeatures\n";
  for (const ingest::Chosen& c : chosen) {
    std::string converted;
    if (const auto r = by_source.find(c.from + c.feature.name);
        r != by_source.end() && r->second->given_unit != c.feature.unit)
      converted = fmt::format(" (was {:.6g} {})", r->second->given, r->second->given_unit);
    answer.text += fmt::format("  {:<{}} {:>10.5g} {:<18} {}{}\n", c.feature.name, width,
                               c.feature.value, c.feature.unit, c.from, converted);
    answer.json["features"].push_back({{"name", c.feature.name},
                                       {"value", c.feature.value},
                                       {"unit", c.feature.unit},
                                       {"from", c.from + converted}});
  }
}

void add_unused(const ingest::Person& person, Answer& answer) {
  std::map<std::string, std::size_t> reasons;
  for (const ingest::Unused& u : person.unused) {
    const bool older = u.why.starts_with("older than ");
    const bool gene = u.source.starts_with("VCF") || u.source.starts_with("outside call");
    ++reasons[older ? "older than what is used" : gene ? u.code + ": " + u.why : u.why];
    answer.json["unused"].push_back({{"source", u.source}, {"code", u.code}, {"why", u.why}});
  }
  answer.text += "\nnot used (each of them: --json)\n";
  for (const auto& [why, count] : reasons) answer.text += fmt::format("  {:>5}  {}\n", count, why);
}

}  // namespace

Answer described(const ingest::Person& person, const std::vector<ingest::Chosen>& chosen) {
  Answer answer;
  add_files(person, chosen.size(), answer);
  add_genotypes(person, answer);
  add_sensors(person, answer);
  add_features(person, chosen, answer);
  add_unused(person, answer);
  return answer;
}

}  // namespace salus::cli
