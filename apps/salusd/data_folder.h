// What lies in a data folder, and who may use it.
//
//   DIR/ledger.sqlite  accounts, twins, runs           DIR/lock    held by the server
//   DIR/objects/ ...   content-addressed bytes         DIR/listen  "127.0.0.1:8080" while it serves
//   DIR/log/ ...       the transparency log            DIR/log.key its signing key
#pragma once

#include <filesystem>
#include <memory>

#include "service/context.h"

namespace salusd {

/// Held while it lives; the system lets go of it when the process dies, however it dies.
class FolderLock {
 public:
  /// Errors: kConflict when another process serves this folder, kIo.
  static salus::Result<std::unique_ptr<FolderLock>> take(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

/// Creates the folder (owner only) where it is missing.
salus::Status make_folder(const std::filesystem::path& folder);

salus::Result<std::unique_ptr<salus::store::Ledger>> open_ledger(
    const std::filesystem::path& folder);
salus::Result<std::unique_ptr<salus::store::ObjectStore>> open_objects(
    const std::filesystem::path& folder);

}  // namespace salusd
