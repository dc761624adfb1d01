// Breaks the naming rules and trips two of the bug checks, on purpose: .clang-tidy must say so.
#include <string>
#include <utility>

namespace Salus {

struct ring_element {
  int Value;
};

class Holder {
 public:
  Holder(int count) : count(count) {}
  int GetCount() const { return count; }

 private:
  int count;
};

enum class Form { Ntt, kCoefficient };

constexpr int max_level = 3;

int use_after_move(std::string text) {
  const std::string taken = std::move(text);
  return static_cast<int>(taken.size() + text.size());
}

double half(int count) { return count / 2; }

}  // namespace Salus
