// libSBML's syntax trees -> expressions. Private to this folder.
#pragma once

#include <sbml/math/ASTNode.h>

#include "model/expression.h"

namespace salus::model {

/// A function that an SBML file defines, its own calls expanded already.
struct FunctionBody {
  std::vector<std::string> arguments;
  Expression body;
};
using Functions = std::map<std::string, FunctionBody, std::less<>>;

/// How large a tree is; measured without recursion, so that no tree is too deep to be measured.
struct TreeSize {
  std::size_t nodes = 0;
  std::size_t depth = 0;
};
TreeSize size_of(const Expression& e);

/// No formula grows beyond this when functions are expanded: each level of a tree costs stack
/// wherever trees are walked, and each node about a hundred bytes.
inline constexpr std::size_t kMaxTreeDepth = 2048;
inline constexpr std::size_t kMaxTreeNodes = 100'000;

/// Chains longer than this become balanced trees.
inline constexpr std::size_t kMaxLeftChain = 64;
/// a op b op c ... as ((a op b) op c), or balanced where it is long and `kind` is associative.
/// At least one operand. Errors: kLimit for a long chain that is not associative.
Result<Expression> chained(ExpressionKind kind, std::vector<Expression> operands);

/// rateOf(x) becomes the symbol "rateOf(x)", which the SBML reader replaces; calls of `functions`
/// are expanded. Errors: kLimit above `max_depth` and the limits above; kInvalidArgument naming the
/// function that is not supported.
Result<Expression> expression_of(const ASTNode& node, int max_depth,
                                 const Functions* functions = nullptr);

}  // namespace salus::model
