// Suggestions for names that are almost right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace salus::model {

/// The candidate that `wanted` was probably meant to be: the least edit distance (letters that
/// differ in case only cost nothing), at most a third of its length. Empty: none is near.
std::string nearest_name(std::string_view wanted, const std::vector<std::string>& candidates);

/// "; did you mean 'CL'?", or nothing.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates);

/// "CL, V, ka", cut after 24 names.
std::string listed(const std::vector<std::string>& names);

}  // namespace salus::model
