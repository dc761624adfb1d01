// Goal:   the security table is the published one, and what exceeds it is refused with its numbers.
// Method: every row and column as a golden list; the limit and one step beyond.

#include "ckks/security.h"

#include <gtest/gtest.h>

namespace salus::ckks {
namespace {

TEST(SecurityTable, IsThePublishedOne) {
  // Bossuat et al. 2024 (eprint 2024/463), sigma 3.19, uniform ternary secret; quantum:
  // Chailloux-Loyer.
  constexpr int kRows[][3] = {{10, 26, 20},   {11, 53, 40},   {12, 106, 80},    {13, 214, 161},
                              {14, 430, 322}, {15, 868, 644}, {16, 1747, 1289}, {17, 3523, 2578}};
  for (const auto& [log_n, classical, quantum] : kRows) {
    EXPECT_EQ(max_log_qp(log_n, SecurityProfile::kClassical128), classical) << log_n;
    EXPECT_EQ(max_log_qp(log_n, SecurityProfile::kQuantum128), quantum) << log_n;
  }
  for (const int log_n : {-1, 0, 9, 18}) {
    EXPECT_EQ(max_log_qp(log_n, SecurityProfile::kClassical128), std::nullopt);
    EXPECT_EQ(max_log_qp(log_n, SecurityProfile::kQuantum128), std::nullopt);
  }
}

TEST(RequireSecure, HoldsAtTheLimitAndNotBeyond) {
  for (int log_n = 10; log_n <= 17; ++log_n) {
    for (const auto profile : {SecurityProfile::kClassical128, SecurityProfile::kQuantum128}) {
      const double cap = *max_log_qp(log_n, profile);
      EXPECT_TRUE(require_secure(log_n, cap, profile));
      EXPECT_FALSE(require_secure(log_n, cap + 0.001, profile));
      EXPECT_TRUE(require_secure(log_n, cap + 1000, SecurityProfile::kUnsafeNoSecurity));
    }
  }
}

TEST(RequireSecure, TheErrorNamesBothNumbersAndTheRingThatWouldDo) {
  const Status status = require_secure(14, 500, SecurityProfile::kClassical128);

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsafeParameters);
  for (const char* part : {"500.00 bits", "2^14", "430 bits", "2^15 would allow it"}) {
    EXPECT_NE(status.error().message.find(part), std::string::npos) << status.error().message;
  }
}

TEST(RequireSecure, ARingOutsideTheTableIsNotSecure) {
  const Status small = require_secure(9, 10, SecurityProfile::kClassical128);
  const Status large = require_secure(18, 100, SecurityProfile::kQuantum128);
  const Status hopeless = require_secure(17, 9999, SecurityProfile::kClassical128);

  EXPECT_EQ(small.error().code, ErrorCode::kUnsafeParameters);
  EXPECT_NE(small.error().message.find("no row"), std::string::npos);
  EXPECT_EQ(large.error().code, ErrorCode::kUnsafeParameters);
  EXPECT_EQ(hopeless.error().message.find("would allow it"), std::string::npos);
}

}  // namespace
}  // namespace salus::ckks
