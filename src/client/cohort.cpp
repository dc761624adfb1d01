#include "client/cohort.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "ckks/encoder.h"
#include "ingest/csv.h"
#include "wire/ciphertexts.h"

namespace salus::client {

Result<std::vector<std::vector<double>>> ciphertext_slots(
    const program::Program& program,
    const std::vector<std::vector<program::NamedValue>>& patients) {
  check(!patients.empty(), "somebody to encrypt");
  if (program.layout != program::Layout::kCohort) {
    if (patients.size() != 1) {
      return Error{ErrorCode::kInvalidArgument,
                   "program " + program.name + " answers for one patient, not for " +
                       std::to_string(patients.size()) +
                       "; build it with: salus program build --layout cohort"};
    }
    const auto u = program::normalise(program, patients[0]);
    if (!u) return u.error();
    return program::input_slots(program, *u);
  }
  const std::size_t slots = program.basis.circuit.chain.slot_count();
  if (patients.size() > slots) {
    return Error{ErrorCode::kLimit, std::to_string(patients.size()) + " patients do not fit " +
                                        std::to_string(slots) + " slots"};
  }
  std::vector<std::vector<double>> out(program.inputs.size(),
                                       std::vector<double>(std::bit_ceil(patients.size())));
  for (std::size_t i = 0; i < patients.size(); ++i) {
    const auto u = program::normalise(program, patients[i]);
    if (!u)
      return Error{u.error().code, "patient " + std::to_string(i + 1) + ": " + u.error().message};
    for (std::size_t k = 0; k < out.size(); ++k) out[k][i] = (*u)[k];
  }
  for (std::vector<double>& each : out) {
    const auto behind = each.begin() + static_cast<std::ptrdiff_t>(patients.size());
    std::fill(behind, each.end(), behind[-1]);
  }
  return out;
}

Result<std::vector<Curves>> open_cohort(ByteView result, const KeyFile& key,
                                        const program::Program& program, std::size_t patients) {
  if (program.layout != program::Layout::kCohort) {
    return Error{ErrorCode::kMismatch,
                 "program " + program.name + " is not of the cohort layout; open with --features"};
  }
  const Result<keys::SecretKey> secret = expand_key(key);
  if (!secret) return secret.error();
  const auto read = wire::read_ciphertexts(result, secret->params());
  if (!read) return read.error();
  const std::size_t results = program.output.slots();
  if (read->values.size() != results || read->key_id != secret->id()) {
    return Error{ErrorCode::kMismatch,
                 "result: " + std::to_string(read->values.size()) + " ciphertexts of key " +
                     read->key_id.hex() + "; program " + program.name + " gives " +
                     std::to_string(results) + ", the given key is " + secret->id().hex()};
  }
  const ckks::Encoder encoder(secret->params());
  std::vector<std::vector<double>> slots(results);
  for (std::size_t m = 0; m < results; ++m) {
    const auto plain = keys::decrypt(*secret, read->values[m]);
    if (!plain) return plain.error();
    slots[m] = encoder.decode_real(*plain);
  }
  check(patients <= slots[0].size(), "a cohort of at most as many patients as slots");
  std::vector<Curves> out;
  for (std::size_t i = 0; i < patients; ++i) {
    std::vector<double> own;
    for (const std::vector<double>& of : slots) own.push_back(of[i]);
    auto curves = program::expand(program.output, own);
    if (!curves) return curves.error();
    if (const auto beyond = program::beyond_range(program.output, *curves)) {
      return Error{ErrorCode::kMismatch,
                   "result: patient " + std::to_string(i + 1) + ": " + *beyond + "; program " +
                       program.name +
                       " cannot give that: the result belongs to another key, "
                       "program or table of patients"};
    }
    if (Status s = program::apply_links(program.output, *curves); !s) return s.error();
    out.push_back(std::move(*curves));
  }
  return out;
}

Percentiles percentiles_of(const std::vector<Curves>& curves) {
  check(!curves.empty(), "percentiles of somebody");
  Percentiles out{curves[0], curves[0], curves[0]};
  std::vector<double> all(curves.size());
  const auto at = [&all](double q) {
    return all[static_cast<std::size_t>(std::lround(q * static_cast<double>(all.size() - 1)))];
  };
  for (std::size_t r = 0; r < curves[0].size(); ++r) {
    for (std::size_t t = 0; t < curves[0][r].size(); ++t) {
      for (std::size_t i = 0; i < curves.size(); ++i) all[i] = curves[i][r][t];
      std::sort(all.begin(), all.end());
      out.p5[r][t] = at(0.05);
      out.p50[r][t] = at(0.5);
      out.p95[r][t] = at(0.95);
    }
  }
  return out;
}

std::string print_cohort_csv(const program::OutputGrid& output, const std::vector<std::string>& ids,
                             const std::vector<Curves>& curves) {
  std::string text = "id,regimen,output,unit,time_h,value\n";
  for (std::size_t i = 0; i < curves.size(); ++i) {
    for (std::size_t r = 0; r < curves[i].size(); ++r) {
      const std::string start = fmt::format(
          "{},{},{},{}", ingest::csv_cell(ids[i]), ingest::csv_cell(output.regimen_of(r).id),
          ingest::csv_cell(output.output_of(r).name), ingest::csv_cell(output.output_of(r).unit));
      for (std::size_t t = 0; t < curves[i][r].size(); ++t)
        text += fmt::format("{},{:.6g},{:.6g}\n", start, output.times_h[t], curves[i][r][t]);
    }
  }
  return text;
}

}  // namespace salus::client
