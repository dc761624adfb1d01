#include "ckks/security.h"

#include <array>
#include <cstdio>
#include <string>

namespace salus::ckks {
namespace {

struct Row {
  int log_n;
  int classical_128;
  int quantum_128;
};

constexpr std::array<Row, 8> kTable = {{
    {10, 26, 20},
    {11, 53, 40},
    {12, 106, 80},
    {13, 214, 161},
    {14, 430, 322},
    {15, 868, 644},
    {16, 1747, 1289},
    {17, 3523, 2578},
}};

}  // namespace

std::optional<int> max_log_qp(int log_n, SecurityProfile profile) {
  for (const Row& row : kTable) {
    if (row.log_n != log_n) continue;
    return profile == SecurityProfile::kQuantum128 ? row.quantum_128 : row.classical_128;
  }
  return std::nullopt;
}

Status require_secure(int log_n, double log_qp, SecurityProfile profile) {
  if (profile == SecurityProfile::kUnsafeNoSecurity) return {};
  const std::optional<int> cap = max_log_qp(log_n, profile);
  if (cap && log_qp <= *cap) return {};

  std::array<char, 64> number;
  std::snprintf(number.data(), number.size(), "%.2f", log_qp);
  std::string message = "modulus of " + std::string(number.data()) + " bits at ring degree 2^" +
                        std::to_string(log_n);
  message += cap ? " exceeds the " + std::to_string(*cap) + " bits that 128-bit security allows"
                 : " has no row in the 128-bit security table (2^10 to 2^17)";
  for (const Row& row : kTable) {
    if (*max_log_qp(row.log_n, profile) >= log_qp) {
      message += "; ring degree 2^" + std::to_string(row.log_n) + " would allow it";
      break;
    }
  }
  return Error{ErrorCode::kUnsafeParameters, message};
}

}  // namespace salus::ckks
