// Goal:   the whole scheme at the ring degrees and moduli that are used, at 128-bit security.
// Method: one product, rescaling, rotation and conjugation each, within the bound of
// circuit/noise.h.

#include <gtest/gtest.h>

#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::all_keys;
using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::max_error;
using keys::test::rotated;
using keys::test::Shape;
using keys::test::Values;
using keys::test::zip;

void expect_scheme_works(Shape shape, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  shape.security = SecurityProfile::kClassical128;
  CkksFixture f(literal_of(shape), seed, all_keys(shape.levels, {3}));
  const Values x = f.values();
  const Values y = f.values();
  const Ciphertext a = f.encrypt(x, shape.levels);

  const Ciphertext product = must(f.evaluator.multiply(a, f.encrypt(y, shape.levels)));
  const Ciphertext xy = must(f.evaluator.rescale(product));
  const Ciphertext turned = must(f.evaluator.rotate(a, 3));
  const Ciphertext mirrored = must(f.evaluator.conjugate(a));

  const double scale = CkksFixture::kScale;
  EXPECT_LT(max_error(f.decrypt(xy), zip(x, y, std::multiplies<>())),
            2 * std::sqrt(2.0) * f.fresh() + f.fresh() * f.fresh() +
                f.noise.key_switch(shape.levels, product.scale) + f.noise.rescale(xy.scale));
  const double rotation_bound = f.fresh() + f.noise.key_switch(shape.levels, scale);
  EXPECT_LT(max_error(f.decrypt(turned), rotated(x, 3)), rotation_bound);
  Values conjugate = x;
  for (Complex& z : conjugate) z = std::conj(z);
  EXPECT_LT(max_error(f.decrypt(mirrored), conjugate), rotation_bound);
}

TEST(SecureRingSlow, Degree8192) {
  expect_scheme_works({.log_n = 13, .levels = 2, .dnum = 3}, 101);
}

TEST(SecureRingSlow, Degree16384) {
  expect_scheme_works({.log_n = 14, .levels = 7, .dnum = 8}, 102);
  expect_scheme_works({.log_n = 14, .levels = 5, .dnum = 3, .specials = 2}, 103);
}

TEST(SecureRingSlow, Degree32768) {
  expect_scheme_works({.log_n = 15, .levels = 13, .dnum = 4, .specials = 4}, 104);
}

TEST(SecureRingSlow, Degree65536) {
  expect_scheme_works({.log_n = 16, .levels = 30, .dnum = 3, .specials = 9}, 105);
}

}  // namespace
}  // namespace salus::ckks
