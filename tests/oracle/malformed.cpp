// Job 4: SEAL's own files, damaged in every kind of place, read without a crash, a Defect or an
// allocation that the file's size does not pay for.

#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <functional>

#include "files.h"
#include "keys/seal_secret_key.h"
#include "wire/seal/objects.h"

namespace salus::oracle {
namespace {

using Read = std::function<bool(ByteView)>;  // whether the file was accepted

struct Target {
  std::string name;
  Read read;
};

std::vector<Target> targets_of(const ckks::ParametersPtr& params) {
  const auto unsafe = ckks::SecurityProfile::kUnsafeNoSecurity;
  const Read ciphertext = [=](ByteView f) { return bool(wire::seal::read_ciphertext(f, params)); };
  const Read relinearization = [=](ByteView f) {
    return bool(wire::seal::read_relinearization_key(f, params));
  };
  const Read galois = [=](ByteView f) { return bool(wire::seal::read_galois_keys(f, params)); };
  return {
      {"parms.bin", [=](ByteView f) { return bool(wire::seal::read_parameters(f, unsafe)); }},
      {"x.pt", [=](ByteView f) { return bool(wire::seal::read_plaintext(f, params)); }},
      {"x.ct", ciphertext},
      {"x_seeded.ct", ciphertext},
      {"x_three.ct", ciphertext},
      {"pk.bin", [=](ByteView f) { return bool(wire::seal::read_public_key(f, params)); }},
      {"rk.bin", relinearization},
      {"rk_seeded.bin", relinearization},
      {"gk.bin", galois},
      {"gk_seeded.bin", galois},
      {"sk.bin", [=](ByteView f) { return bool(keys::read_seal_secret_key(f, params)); }},
  };
}

// Where SEAL's headers start, so that damage finds them among the residues.
std::vector<std::size_t> headers_of(ByteView file) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i + 16 <= file.size(); ++i) {
    if (load_u16(file.subspan(i)) == 0xA15E && file[i + 2] == std::byte{16}) at.push_back(i);
  }
  return at;
}

// A place: near a header most of the time, else anywhere.
std::size_t place(const Bytes& file, const std::vector<std::size_t>& headers,
                  RandomStream& random) {
  const std::uint64_t spread = 128;
  if (headers.empty() || random.next_u64() % 4 == 0) return random.next_u64() % file.size();
  const std::size_t at = headers[random.next_u64() % headers.size()] + random.next_u64() % spread;
  return std::min(at, file.size() - 1);
}

void overwrite_word(Bytes& file, std::size_t at, RandomStream& random) {
  const std::uint64_t huge[] = {0,
                                1,
                                0xffff,
                                1U << 31,
                                ~std::uint64_t{0},
                                ~std::uint64_t{0} >> 1,
                                std::uint64_t{1} << 61,
                                file.size(),
                                random.next_u64()};
  Bytes word;
  append_u64(word, huge[random.next_u64() % std::size(huge)]);
  for (std::size_t i = 0; i < word.size() && at + i < file.size(); ++i) file[at + i] = word[i];
}

Bytes damaged(const Bytes& original, const std::vector<std::size_t>& headers,
              RandomStream& random) {
  Bytes file = original;
  const std::uint64_t rounds = 1 + random.next_u64() % 3;
  for (std::uint64_t i = 0; i < rounds && !file.empty(); ++i) {
    const std::size_t at = place(file, headers, random);
    const auto here = file.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random.next_u64() % 5) {
      case 0: file.resize(at); break;
      case 1: file[at] ^= static_cast<std::byte>(1U << random.next_u64() % 8); break;
      case 2: overwrite_word(file, at, random); break;
      case 3:
        file.erase(here, here + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                    1 + random.next_u64() % 16, file.size() - at)));
        break;
      default:
        file.insert(here, 1 + random.next_u64() % 16, static_cast<std::byte>(random.next_u64()));
    }
  }
  return file;
}

long peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

bool read_malformed(const Folder& folder, std::uint64_t seed, std::size_t mutations) {
  const ckks::ParametersPtr params = folder.parameters(true);
  const std::vector<Target> targets = targets_of(params);
  std::vector<Bytes> originals;
  std::vector<std::vector<std::size_t>> headers;
  bool good = true;
  for (const Target& target : targets) {
    originals.push_back(folder.load(target.name));
    headers.push_back(headers_of(originals.back()));
    const bool accepted = target.read(originals.back());
    if (!accepted) std::printf("  salus: %s was NOT accepted undamaged\n", target.name.c_str());
    good &= accepted;
  }

  RandomStream random = numbered_stream(seed);
  const long before = peak_kilobytes();
  std::size_t refused = 0;
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < mutations; ++i) {
    const std::size_t t = i % targets.size();
    const Bytes file = damaged(originals[t], headers[t], random);
    ++(targets[t].read(file) ? accepted : refused);
  }
  // Every place where a file can end, byte by byte near headers.
  for (std::size_t t = 0; t < targets.size(); ++t) {
    for (const std::size_t header : headers[t]) {
      for (std::size_t end = header; end < std::min(header + 128, originals[t].size()); ++end) {
        const bool read = targets[t].read(ByteView(originals[t]).first(end));
        if (read)
          std::printf("  salus: %s accepted when cut at %zu\n", targets[t].name.c_str(), end);
        good &= !read;
        ++refused;
      }
    }
  }
  constexpr long kAllowedKilobytes = 64 << 10;
  const long grown = peak_kilobytes() - before;
  std::printf(
      "  salus: %zu damaged files: %zu refused, %zu accepted (damage in residues), none crashed;"
      " memory grew by %ld KB (allowed %ld)\n",
      refused + accepted, refused, accepted, grown, kAllowedKilobytes);
  return good && grown <= kAllowedKilobytes;
}

}  // namespace salus::oracle
