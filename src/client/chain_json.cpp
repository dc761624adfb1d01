#include "client/chain_json.h"

#include <nlohmann/json.hpp>

namespace salus::client {
namespace {

constexpr std::size_t kMaxPrimes = 256;

bool primes_from(const nlohmann::json& node, std::vector<std::uint64_t>& out) {
  if (!node.is_array() || node.size() > kMaxPrimes) return false;
  for (const auto& prime : node) {
    if (!prime.is_number_unsigned()) return false;
    out.push_back(prime.get<std::uint64_t>());
  }
  return true;
}

}  // namespace

nlohmann::json chain_to_json(const circuit::Chain& chain) {
  return {{"log_n", chain.log_n}, {"q", chain.q}, {"p", chain.p}, {"dnum", chain.dnum}};
}

Result<circuit::Chain> chain_from_json(const nlohmann::json& node) {
  const auto bad = [](const char* field) {
    return Error{ErrorCode::kParse, std::string("parameters: bad field \"") + field + "\""};
  };
  if (!node.is_object()) return bad("chain");
  circuit::Chain chain;
  if (!node.contains("log_n") || !node["log_n"].is_number_integer()) return bad("log_n");
  if (!node.contains("dnum") || !node["dnum"].is_number_integer()) return bad("dnum");
  chain.log_n = node["log_n"].get<int>();
  chain.dnum = node["dnum"].get<int>();
  if (!node.contains("q") || !primes_from(node["q"], chain.q)) return bad("q");
  if (!node.contains("p") || !primes_from(node["p"], chain.p)) return bad("p");
  return chain;
}

}  // namespace salus::client
