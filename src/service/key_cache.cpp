#include "service/key_cache.h"

#include "ckks/memory.h"
#include "runtime/encrypted.h"
#include "store/rows.h"
#include "wire/container.h"

namespace salus::service {
namespace {

Error about(const std::string& name, const Digest& digest, const Error& error) {
  return Error{error.code,
               "evaluation key \"" + name + "\" (" + digest.hex() + "): " + error.message};
}

std::uint64_t bytes_of(const ckks::KeySwitchKey& key) {
  std::uint64_t bytes = 0;
  for (const auto& digit : key.digits) {
    bytes += digit.a.words().size_bytes() + digit.b.words().size_bytes();
  }
  return bytes;
}

std::uint64_t bytes_of(const ckks::EvaluationKeys& keys) {
  std::uint64_t bytes = keys.relinearization ? bytes_of(*keys.relinearization) : 0;
  for (const auto& [element, key] : keys.galois) bytes += bytes_of(*key);
  return bytes;
}

Status require_parameters(const ckks::Parameters& params, const Digest& found) {
  if (found == params.hash()) return {};
  return Error{ErrorCode::kMismatch, "it has parameter set " + found.hex() +
                                         ", the program is written for " + params.hash().hex() +
                                         ": make keys and features for the program's set"};
}

}  // namespace

std::map<std::string, Digest> objects_with(const KeyLevels& needed, const ckks::Parameters& params,
                                           const std::map<std::string, Digest>& names) {
  std::map<std::string, Digest> found;
  if (needed.empty()) return found;
  if (const auto whole = names.find(std::string(store::kWholeKeySet)); whole != names.end()) {
    found.insert(*whole);
    return found;
  }
  for (const auto& [element, level] : needed) {
    const auto key = names.find(ckks::key_name(params.log_n(), element));
    if (key != names.end()) found.insert(*key);
  }
  return found;
}

Status KeyCache::require(const KeyLevels& needed, const ckks::Parameters& params,
                         const TwinKeys& twin) const {
  KeyLevels present;
  for (const auto& [name, digest] : objects_with(needed, params, twin.names)) {
    const auto bytes = twin.objects.read(digest);
    if (!bytes) return about(name, digest, bytes.error());
    const Result<wire::KeyListing> listing = wire::list_evaluation_keys((*bytes)->view());
    if (!listing) return about(name, digest, listing.error());
    const Status fits = require_parameters(params, ckks::hash_of(listing->header.parameters));
    if (!fits) return about(name, digest, fits.error());
    present.insert(listing->levels.begin(), listing->levels.end());
  }
  const std::string missing = runtime::missing_keys(params, needed, present);
  if (missing.empty()) return {};
  return Error{ErrorCode::kMissingKey,
               "the twin lacks evaluation keys: " + missing +
                   "; make them and create the twin's next version, which keeps the others"};
}

Result<std::shared_ptr<const KeyCache::Loaded>> KeyCache::read(const Digest& digest, ByteView bytes,
                                                               const ckks::ParametersPtr& params) {
  const Result<wire::Header> header = wire::read_header(bytes);
  if (!header) return header.error();
  auto fresh = std::make_shared<Loaded>();
  fresh->key_id = header->key_id;
  if (header->kind == wire::Kind::kEvaluationKeys) {
    Result<wire::ReadEvaluationKeys> read = wire::read_evaluation_keys(bytes, params);
    if (!read) return read.error();
    fresh->keys = std::move(read->keys);
  } else {
    Result<wire::ReadEvaluationKey> read = wire::read_evaluation_key(bytes, params);
    if (!read) return read.error();
    fresh->keys.params = params;
    fresh->keys.put(read->element,
                    std::make_shared<const ckks::KeySwitchKey>(std::move(read->key)));
  }
  loaded_.put(digest, fresh, bytes_of(fresh->keys));
  return std::shared_ptr<const Loaded>(std::move(fresh));
}

Result<std::shared_ptr<const KeyCache::Loaded>> KeyCache::loaded(
    const Digest& digest, const ckks::ParametersPtr& params, const store::ObjectStore& objects) {
  if (std::shared_ptr<const Loaded> known = loaded_.find(digest)) return known;
  const auto bytes = objects.read(digest);
  if (!bytes) return bytes.error();
  Result<std::shared_ptr<const Loaded>> fresh = read(digest, (*bytes)->view(), params);
  if (fresh) ++loads_;
  return fresh;
}

Result<bool> KeyCache::welcome(const Digest& digest, ByteView bytes,
                               const ckks::ParametersPtr& params, int level) {
  const ckks::MemoryModel memory(*params, 1);
  if (!loaded_.has_room(memory.evaluation_key(level))) return false;
  const Result<std::shared_ptr<const Loaded>> fresh = read(digest, bytes, params);
  if (!fresh) return fresh.error();
  return true;
}

Result<std::shared_ptr<const ckks::EvaluationKeys>> KeyCache::load(
    const KeyLevels& needed, const ckks::ParametersPtr& params, const Digest& key_id,
    const TwinKeys& twin) {
  if (Status there = require(needed, *params, twin); !there) return there.error();
  auto keys = std::make_shared<ckks::EvaluationKeys>();
  keys->params = params;
  for (const auto& [name, digest] : objects_with(needed, *params, twin.names)) {
    const Result<std::shared_ptr<const Loaded>> object = loaded(digest, params, twin.objects);
    if (!object) return about(name, digest, object.error());
    if ((*object)->key_id != key_id) {
      return about(
          name, digest,
          Error{ErrorCode::kMismatch, "it belongs to secret key " + (*object)->key_id.hex() +
                                          ", the features to " + key_id.hex()});
    }
    for (const auto& [element, level] : needed) {
      if (ckks::KeySwitchKeyPtr key = (*object)->keys.find(element)) {
        keys->put(element, std::move(key));
      }
    }
  }
  return std::shared_ptr<const ckks::EvaluationKeys>(std::move(keys));
}

}  // namespace salus::service
