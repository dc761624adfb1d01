#include "runtime/clear.h"

namespace salus::runtime {

Result<std::vector<circuit::Slots>> run_clear(const circuit::Circuit& circuit,
                                              const circuit::ConstantTable& constants,
                                              const std::vector<circuit::Slots>& inputs) {
  if (Status s = circuit::verify(circuit, constants); !s) return s.error();
  auto values = circuit::interpret(circuit, constants, inputs);
  if (!values) return values.error();
  std::vector<circuit::Slots> out;
  for (const circuit::ValueId id : circuit.outputs) out.push_back((*values)[id]);
  return out;
}

}  // namespace salus::runtime
