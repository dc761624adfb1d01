// docs/formats/openapi.yaml, held against live replies.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "support/http_client.h"

namespace salus::e2e {

class Contract {
 public:
  explicit Contract(const std::filesystem::path& file);

  /// What in the reply is not as promised; empty when all is.
  std::string violation(const std::string& method, const std::string& target,
                        const HttpReply& reply);

  /// "get /v1/runs 200", for each promise seen kept so far, and all that the file makes.
  const std::set<std::string>& kept() const { return kept_; }
  std::set<std::string> promised() const;

 private:
  std::string schema_violation(const nlohmann::json& schema, const nlohmann::json& value,
                               const std::string& where) const;
  std::string object_violation(const nlohmann::json& schema, const nlohmann::json& value,
                               const std::string& where) const;
  std::string path_of(const std::string& target) const;
  nlohmann::json document_;
  std::set<std::string> kept_;
};

}  // namespace salus::e2e
