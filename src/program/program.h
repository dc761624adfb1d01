// The compiled artefact: what is asked of a twin, ready to run encrypted. Content-addressed; goes
// to the server and into the browser, so it knows no solver, no model file and no key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "circuit/circuit.h"
#include "program/cells.h"

namespace salus::program {

enum class Transform { kLinear, kLog };

/// One number that the patient's client knows, in the user's own terms: what fits, forms and
/// reports speak of. Its box is the certified range: outside it is refused.
struct Parameter {
  std::string name;         ///< "CL"
  std::string unit;         ///< UCUM, "L/h"
  std::string description;  ///< "oral clearance"
  Transform transform = Transform::kLog;
  double low = 0;
  double typical = 0;
  double high = 0;
  bool operator==(const Parameter&) const = default;
};

/// One encrypted number of the patient, computed by the client in clear from the parameters (a good
/// coordinate makes the encrypted part short: ke = CL / V instead of CL and V). [low, high] covers
/// the parameters' box. Normalised: u = (f(x) - f_mid) / f_half in [-1, 1], f = ln for kLog and
/// identity for kLinear, f_mid and f_half the middle and half width of [f(low), f(high)].
struct Input {
  std::string name;         ///< "ke"
  std::string unit;         ///< UCUM, "1/h"
  std::string description;  ///< "elimination rate"
  std::string formula;      ///< for people: "CL / V"
  /// The same for machines: reverse Polish over parameter names and numbers, tokens separated by
  /// single spaces; operators + - * / ^ neg exp ln sqrt min max. "CL V /"
  std::string postfix;
  Transform transform = Transform::kLog;
  double low = 0;
  double typical = 0;
  double high = 0;
  bool operator==(const Input&) const = default;
};

/// A public quantity of the model that a regimen sets, in the model's unit.
struct Setting {
  std::string name;
  double value = 0;
  bool operator==(const Setting&) const = default;
};

/// A public plan of doses: `dose` (in the unit of OutputGrid::dose_unit) at start_h, start_h +
/// interval_h, ... `count` times, each over infusion_h hours (0: bolus). A dose of 0: none. A
/// scenario is a regimen too: `settings` says what of the model is different in it.
struct Regimen {
  std::string id;     ///< "q12h-320"
  std::string label;  ///< "320 mg every 12 h"
  double dose = 0;
  double interval_h = 0;  ///< 0 when count == 1
  int count = 1;
  double start_h = 0;
  double infusion_h = 0;
  std::vector<Setting> settings;
  /// Id of a regimen whose curves are taken off these, on the ciphertexts: a comparison's
  /// difference curve. Empty: none.
  std::string minus;
  bool operator==(const Regimen&) const = default;
};

/// How the client undoes the output transform g of the surrogate: value = inverse(slot) * peak.
enum class OutputTransform { kLinear, kQuarticRoot, kLog };

/// One answer of the model.
struct Output {
  std::string name;  ///< "C"
  std::string unit;  ///< UCUM, "mg/L"
  std::string description;
  OutputTransform transform = OutputTransform::kLinear;
  /// What the client does to the value, reverse Polish over `x` as in Input::postfix; empty:
  /// nothing. `unit` is that of what comes out.
  std::string link;
  bool operator==(const Output&) const = default;
};

/// Row-major; what a proper orthogonal decomposition leaves to the client.
struct Modes {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values;
  bool operator==(const Modes&) const = default;
};

/// The answers: rows x times, a row for each output of each regimen: row = regimen * outputs +
/// output. Slot row * times.size() + t of the readout holds the row at times_h[t], or where there
/// are modes, slot m holds mode m and the rows' slots are modes * slots. Then
///   kLinear       value = peak[row] * slot
///   kQuarticRoot  value = peak[row] * max(slot, 0)^4
///   kLog          value = peak[row] * exp(slot)
/// and the output's link.
struct OutputGrid {
  std::vector<Output> outputs;
  std::string dose_unit;  ///< "mg"
  std::vector<Regimen> regimens;
  std::vector<double> times_h;
  std::vector<double> peak;  ///< per row, in the output's unit before its link
  Modes modes;               ///< rows() * times x modes; none: the slots are the values
  /// The model is linear in the dose and every transform is kLinear or kQuarticRoot without a link:
  /// the client may rescale a regimen's curves to another dose exactly.
  bool linear_in_dose = false;

  std::size_t rows() const { return regimens.size() * outputs.size(); }
  std::size_t values() const { return rows() * times_h.size(); }
  /// How many slots of the readout mean something.
  std::size_t slots() const { return modes.columns > 0 ? modes.columns : values(); }
  const Output& output_of(std::size_t row) const { return outputs[row % outputs.size()]; }
  const Regimen& regimen_of(std::size_t row) const { return regimens[row / outputs.size()]; }
  /// The regimen of that id which is not a difference itself; nullptr where there is none.
  const Regimen* find(std::string_view id) const;
  /// For people: the regimen, and which output where there are several.
  std::string label_of(std::size_t row) const;
  bool operator==(const OutputGrid&) const = default;
};

/// Errors are |surrogate - reference| over the largest value of that patient's curve of that
/// regimen.
struct Certificate {
  std::uint64_t seed = 0;
  std::size_t population_samples =
      0;                        ///< held out, from the population measure truncated to the box
  std::size_t box_samples = 0;  ///< held out, uniform in the normalised box, corners included
  double population_median = 0;
  double population_p99 = 0;
  double population_p999 = 0;
  double population_max = 0;
  double box_p99 = 0;
  double box_max = 0;
  std::size_t cvode_samples = 0;  ///< held-out samples solved by CVODE as well
  double cvode_max = 0;           ///< largest |closed form - CVODE| over the peak among them
  double noise_bound = 0;         ///< of encrypted against clear evaluation, in units of the peak,
                                  ///< for a failure probability of 2^-64 per output vector
  std::string transforms;         ///< what each tried output transform reached, in words
  bool operator==(const Certificate&) const = default;
};

/// One circuit and its constants. The server caches a stage's output under (stage digest, key
/// digest, input digests): the basis of a twin is built once and serves every later question.
struct Stage {
  circuit::Circuit circuit;
  circuit::ConstantTable constants;
  Digest digest() const;  ///< of the printed circuit and its constants
  bool operator==(const Stage&) const = default;
};

/// Who builds basis functions, and what a slot is (design.md section 4).
enum class Layout {
  kBasis,     ///< one patient: an input is a ciphertext, the basis circuit builds all functions
  kExpanded,  ///< one patient: the client sends all functions in one ciphertext, which the basis
              ///< circuit hands on
  kCohort     ///< a patient a slot: an input is a ciphertext, which the basis circuit hands on; the
              ///< readout has an output for each of OutputGrid::slots()
};

/// prod T_degree(u_input), T the Chebyshev polynomials: (input, degree >= 1) by ascending inputs;
/// none: 1.
using Degrees = std::vector<std::pair<int, int>>;

inline constexpr int kMaxDegree = 64;

struct Program {
  std::string name;          ///< "theophylline/simulate"
  std::string model;         ///< "theophylline"
  std::string model_digest;  ///< hexadecimal SHA-256 of the model file
  std::string question;      ///< plain language
  std::string citation;
  std::string formula;                ///< plain text, what the reference solves
  std::vector<Parameter> parameters;  ///< what `normalise` asks for
  std::vector<Input> inputs;          ///< order of the basis circuit's inputs
  OutputGrid output;
  Certificate certificate;
  Layout layout = Layout::kBasis;
  std::vector<Degrees> expansion;  ///< of kExpanded: the function in each slot, from slot 0 on
  Cells cells;                     ///< of kBasis and kExpanded; none: one, the whole box
  Stage basis;                     ///< encrypted inputs -> all basis functions
  Stage readout;                   ///< basis -> regimens x times
  bool operator==(const Program&) const = default;
};

/// Canonical bytes: "salus-program 4\n" (3 without cells; 2 where also the layout is kBasis and
/// nothing is taken off; 1 where also one output, without link, settings and modes, is all there
/// is: what the versions before could say), the length of the header in decimal and "\n", a JSON
/// header with sorted keys (circuits as text in it), then the doubles of the basis' and the
/// readout's constants, each stage's in the order of their names, and the modes, little-endian.
/// serialize(parse(b)) == b. The digest of these bytes is the program's name everywhere.
Bytes serialize(const Program& program);

inline constexpr std::uint64_t kMaxProgramBytes = 256u << 20;

/// Both circuits are verified, shapes of schema and circuits held against each other.
/// Errors: kParse, kVersion, kLimit, kMismatch, and those of circuit::verify.
Result<Program> parse(ByteView bytes);

/// u of each input, in the program's order, from the values of all parameters. Errors: kOutsideBox
/// and kInvalidArgument (NaN, missing, twice, unknown), naming parameter, box and unit, not the
/// value.
struct NamedValue {
  std::string name;
  double value = 0;
};
Result<std::vector<double>> normalise(const Program& program,
                                      const std::vector<NamedValue>& values);

/// The ciphertexts that a twin of this program consists of, by name, in the order of the basis
/// circuit's inputs: the inputs' names; of another layout, or with cells, the circuit's own, so
/// that no program reads slots that were filled for another.
std::vector<std::string> ciphertext_names(const Program& program);

/// What one patient's ciphertexts hold, in that order: slots that repeat. `u` is of normalise();
/// of kCohort it is one patient's share, the same in every slot. With cells, slots of cells that
/// the patient is not in hold 0, and of kBasis a last ciphertext holds 1 in those of his own.
std::vector<std::vector<double>> input_slots(const Program& program, const std::vector<double>& u);

/// curves[row][t] from the decrypted readout slots, before the outputs' links. Errors: kMismatch on
/// too few slots.
Result<std::vector<std::vector<double>>> expand(const OutputGrid& output,
                                                const std::vector<double>& slots);

/// The outputs' links applied. Errors: kInvalidArgument, of Formula::parse.
Status apply_links(const OutputGrid& output, std::vector<std::vector<double>>& curves);

/// Declared range of an output: this many times the row's peak, which is the largest value
/// among the samples of the box that the program was fitted on, either sign.
inline constexpr double kRangeMargin = 1.5;

/// The first value of `curves` (rows x times, as `expand` gives them) beyond its declared
/// range, or no number at all, with its name and both numbers; nothing where all are inside.
std::optional<std::string> beyond_range(const OutputGrid& output,
                                        const std::vector<std::vector<double>>& curves);

}  // namespace salus::program
