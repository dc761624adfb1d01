// Polynomials of Z_Q[X]/(X^N + 1) in residue number system form, and the arithmetic that never
// leaves their limbs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "arith/ntt_tables.h"
#include "kernel/kernel_table.h"
#include "ring/limbs.h"

namespace salus::ring {

/// Coefficients, or values at the roots of X^N + 1 in the order of arith::NttTables.
enum class Form : std::uint8_t { kCoefficient, kNtt };

/// The primes of a polynomial's limbs, in order. Tables are shared and immutable.
using Basis = std::vector<std::shared_ptr<const arith::NttTables>>;
using BasisView = std::span<const std::shared_ptr<const arith::NttTables>>;

/// Residues of one polynomial: limb j holds N words in [0, q_j). Knows no moduli; operations take
/// the basis beside the polynomial.
class Poly {
 public:
  Poly() = default;
  /// All residues zero.
  Poly(std::size_t ring_degree, std::size_t limb_count, Form form);
  /// For results whose every word is about to be written: the words are undefined.
  static Poly uninitialized(std::size_t ring_degree, std::size_t limb_count, Form form);

  std::size_t ring_degree() const { return ring_degree_; }
  std::size_t limb_count() const { return ring_degree_ == 0 ? 0 : words_.size() / ring_degree_; }
  Form form() const { return form_; }
  void set_form(Form form) { form_ = form; }

  kernel::Words limb(std::size_t j) { return {words_.data() + j * ring_degree_, ring_degree_}; }
  kernel::ConstWords limb(std::size_t j) const {
    return {words_.data() + j * ring_degree_, ring_degree_};
  }
  kernel::Words words() { return {words_.data(), words_.size()}; }
  kernel::ConstWords words() const { return {words_.data(), words_.size()}; }

  /// Forgets all limbs from `count` on.
  void truncate(std::size_t count) { words_.shrink(count * ring_degree_); }

  bool operator==(const Poly&) const = default;

 private:
  std::size_t ring_degree_ = 0;
  Form form_ = Form::kCoefficient;
  Limbs words_;
};

/// In place, limb by limb. `basis` names at least the limbs of the polynomial. Forms must fit
/// (a Defect otherwise): products need Form::kNtt.
void to_ntt(Poly& a, BasisView basis);
void to_coefficients(Poly& a, BasisView basis);
Poly add(const Poly& a, const Poly& b, BasisView basis);
Poly subtract(const Poly& a, const Poly& b, BasisView basis);
Poly negate(const Poly& a, BasisView basis);
Poly multiply(const Poly& a, const Poly& b, BasisView basis);
void add_to(Poly& sum, const Poly& a, BasisView basis);
void subtract_from(Poly& difference, const Poly& a, BasisView basis);
void multiply_add(const Poly& a, const Poly& b, Poly& sum, BasisView basis);

/// a[j] w[j] per limb j, the w[j] being residues.
void multiply_by_residues(Poly& a, std::span<const std::uint64_t> w, BasisView basis);

/// The polynomial with these small signed coefficients (|c| < q_j), in coefficient form.
Poly from_signed(std::span<const std::int64_t> coefficients, BasisView basis);

/// The automorphism X -> X^g of Z[X]/(X^N + 1), g odd: a permutation of the values in NTT form.
class Automorphism {
 public:
  /// Errors (Defect): g even or not below 2N.
  Automorphism(int log_n, std::uint32_t galois_element);

  std::uint32_t galois_element() const { return galois_element_; }
  /// Value i of the image is value source()[i].
  std::span<const std::uint32_t> source() const { return source_; }
  Poly apply(const Poly& a) const;  ///< a in NTT form

 private:
  std::uint32_t galois_element_;
  std::vector<std::uint32_t> source_;
};

}  // namespace salus::ring
