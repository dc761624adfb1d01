// libSBML's syntax trees -> expressions. Private to this folder.
#pragma once

#include <sbml/math/ASTNode.h>

#include "model/expression.h"

namespace salus::model {

/// rateOf(x) becomes the symbol "rateOf(x)", which the SBML reader replaces; a call of a function
/// that the file defines must have been expanded. Errors: kLimit above `max_depth`;
/// kInvalidArgument naming the function that is not supported.
Result<Expression> expression_of(const ASTNode& node, int max_depth);

}  // namespace salus::model
