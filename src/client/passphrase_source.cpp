#include "client/passphrase_source.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "client/secret_file.h"
#include "keys/passphrase.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = keys::kMostPassphrase + 1;

Secret<char> copied(std::span<const char> text) {
  Secret<char> out(text.size());
  std::ranges::copy(text, out.reveal().begin());
  return out;
}

Result<Secret<char>> from_file(const fs::path& path) {
  if (Status s = require_private("passphrase file", path); !s) return s.error();
  Result<Bytes> read = read_file(path, kMostBytes);
  if (!read) return read.error();
  const std::string_view text = as_text(*read);
  Secret<char> out = copied(text.substr(0, text.find_first_of("\r\n")));
  secure_zero(*read);
  return out;
}

/// The terminal without echo, as long as this lives.
class Unseen {
 public:
  explicit Unseen(int terminal) : terminal_(terminal) {
    changed_ = ::tcgetattr(terminal_, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (changed_) changed_ = ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  ~Unseen() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

void say(int terminal, std::string_view text) {
  // A prompt that cannot be shown is no reason to stop.
  [[maybe_unused]] const ssize_t written = ::write(terminal, text.data(), text.size());
}

Result<Secret<char>> typed(int terminal, std::string_view prompt) {
  say(terminal, prompt);
  const Unseen unseen(terminal);
  Secret<char> line(kMostBytes);
  std::size_t count = 0;
  while (count < line.reveal().size()) {
    const ssize_t got = ::read(terminal, &line.reveal()[count], 1);
    if (got < 0) return Error{ErrorCode::kCancelled, "nothing was typed"};
    if (got == 0 || line.reveal()[count] == '\n') break;
    ++count;
  }
  say(terminal, "\n");
  return copied(line.reveal().first(count));
}

Result<Secret<char>> typed_twice(int terminal, std::string_view prompt) {
  auto first = typed(terminal, std::string(prompt) + ": ");
  if (!first) return first;
  const auto second = typed(terminal, std::string(prompt) + ", again: ");
  if (!second) return second.error();
  if (text_of(*first) != text_of(*second))
    return Error{ErrorCode::kInvalidArgument, "the two passphrases differ"};
  return first;
}

}  // namespace

std::string_view text_of(const Secret<char>& secret) {
  return {secret.reveal().data(), secret.reveal().size()};
}

Result<Secret<char>> read_passphrase(const std::string& file, std::string_view prompt, bool twice) {
  if (!file.empty()) return from_file(file);
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) {
    return Error{ErrorCode::kInvalidArgument,
                 "a passphrase is needed and there is no terminal to type it on; give "
                 "--passphrase-file"};
  }
  auto out = twice ? typed_twice(terminal, prompt) : typed(terminal, std::string(prompt) + ": ");
  ::close(terminal);
  return out;
}

}  // namespace salus::client
