// Recursive descent over one statement a line. Nothing is allocated from a number in the text.
#include <charconv>
#include <cmath>
#include <map>

#include "circuit/circuit.h"
#include "circuit/text.h"

namespace salus::circuit {
namespace {

struct Syntax {  // thrown inside this file only; parse() turns it into an Error
  ErrorCode code;
  std::string message;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Circuit circuit() {
    Circuit out;
    expect_word("circuit");
    out.name = name("a circuit name");
    expect('{');
    out.chain = chain();
    while (!statement(out)) {
    }
    expect('}');
    skip_space();
    if (at_ != text_.size()) fail("the end of the text");
    return out;
  }

 private:
  [[noreturn]] void fail(std::string_view expected, ErrorCode code = ErrorCode::kParse) const {
    std::size_t line = 1, column = 1;
    for (const char c : text_.substr(0, at_)) {
      column = c == '\n' ? 1 : column + 1;
      line += c == '\n';
    }
    throw Syntax{code, "circuit text " + std::to_string(line) + ":" + std::to_string(column) +
                           ": expected " + std::string(expected)};
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }

  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail("'" + std::string(1, c) + "'");
  }

  std::string_view word_at() {
    skip_space();
    std::size_t end = at_;
    while (end < text_.size() && end - at_ <= kMaxNameBytes &&
           is_name(text_.substr(at_, end + 1 - at_))) {
      ++end;
    }
    return text_.substr(at_, end - at_);
  }
  bool accept_word(std::string_view word) {
    if (word_at() != word) return false;
    at_ += word.size();
    return true;
  }
  void expect_word(std::string_view word) {
    if (!accept_word(word)) fail("'" + std::string(word) + "'");
  }

  std::string name(std::string_view what) {
    const std::string_view word = word_at();
    if (word.empty()) fail(what);
    at_ += word.size();
    return std::string(word);
  }
  std::string sigil_name(char sigil, std::string_view what) {
    expect(sigil);
    if (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) fail(what);
    return name(what);
  }

  template <class T>
  T number(std::string_view what) {
    skip_space();
    T value{};
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc{} || end == begin) fail(what);
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) fail("a finite number");
    }
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  std::vector<std::uint64_t> primes() {
    std::vector<std::uint64_t> out;
    expect('[');
    if (accept(']')) return out;
    do {
      if (out.size() == kMaxPrimes) fail("at most 64 primes", ErrorCode::kLimit);
      out.push_back(number<std::uint64_t>("a prime"));
    } while (accept(','));
    expect(']');
    return out;
  }

  Chain chain() {
    Chain out;
    expect_word("chain");
    expect_word("log_n");
    out.log_n = number<int>("log_n");
    expect_word("dnum");
    out.dnum = number<int>("dnum");
    expect_word("q");
    out.q = primes();
    expect_word("p");
    out.p = primes();
    return out;
  }

  ValueId value() {
    skip_space();
    const std::size_t start = at_;
    const std::string used = sigil_name('%', "a value's name");
    const auto found = ids_.find(used);
    if (found == ids_.end()) {
      at_ = start;  // the message points at the name
      fail("a value defined above, not %" + used);
    }
    return found->second;
  }

  // True after `return`, the last statement.
  bool statement(Circuit& out) {
    if (accept_word("return")) {
      do {
        if (out.outputs.size() == kMaxNodes) fail("fewer outputs", ErrorCode::kLimit);
        out.outputs.push_back(value());
      } while (accept(','));
      return true;
    }
    if (out.nodes.size() == kMaxNodes) fail("at most 100000 values", ErrorCode::kLimit);
    Node node = accept_word("input") ? input() : operation();
    if (!ids_.emplace(node.name, static_cast<ValueId>(out.nodes.size())).second) {
      fail("a new name, %" + node.name + " is taken");
    }
    out.nodes.push_back(std::move(node));
    return false;
  }

  void level_and_scale(Node& node) {
    expect(':');
    expect_word("level");
    node.level = number<int>("a level");
    expect_word("scale");
    node.scale = number<double>("a scale");
  }

  Node input() {
    Node node;
    node.name = sigil_name('%', "a value's name");
    level_and_scale(node);
    expect_word("bound");
    node.bound = number<double>("a bound");
    expect_word("period");
    node.period = number<std::size_t>("a period");
    return node;
  }

  // Up to the comma before the constant, if there is one.
  void operands(Node& node) {
    const int count = operand_count(node.op);
    do {
      if (node.operands.size() == kMaxOperands || all_operands_++ == kMaxAllOperands)
        fail("fewer operands", ErrorCode::kLimit);
      node.operands.push_back(value());
      if (node.operands.size() == static_cast<std::size_t>(count)) {
        if (uses_constant(node.op)) expect(',');
        return;
      }
      expect(',');
    } while (count >= 0 || peek() != '@');
  }

  Node operation() {
    Node node;
    if (peek() != '%') fail("'input', 'return' or a value");
    node.name = sigil_name('%', "a value's name");
    expect('=');
    const Result<Op> op = parse_op(word_at());
    if (!op || *op == Op::kInput) fail("an operation");
    node.op = *op;
    at_ += circuit::name(node.op).size();
    operands(node);
    if (uses_constant(node.op)) {
      node.constant = sigil_name('@', "a constant's name");
    }
    if (node.op == Op::kRotate) {
      expect(',');
      node.steps = number<int>("steps");
    }
    if (node.op == Op::kWeightedSum) {
      expect(',');
      expect_word("row");
      node.row = number<int>("a row");
    }
    if (node.op == Op::kLinear) {
      expect(',');
      expect_word("baby");
      node.baby = number<int>("baby steps");
      expect(',');
      expect_word("fold");
      node.fold = number<int>("a fold");
    }
    level_and_scale(node);
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t all_operands_ = 0;
  std::map<std::string, ValueId, std::less<>> ids_;
};

}  // namespace

Result<Circuit> parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return Error{ErrorCode::kLimit, "circuit text of " + std::to_string(text.size()) +
                                        " bytes; at most " + std::to_string(kMaxTextBytes)};
  }
  try {
    return Parser(text).circuit();
  } catch (const Syntax& syntax) {
    return Error{syntax.code, syntax.message};
  }
}

}  // namespace salus::circuit
