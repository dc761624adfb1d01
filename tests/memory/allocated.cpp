#include "allocated.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocated{0};

void* take(std::size_t size, std::size_t alignment) {
  allocated += size;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* block = std::aligned_alloc(alignment, rounded)) return block;
  throw std::bad_alloc();
}

}  // namespace

// The array and nothrow forms of the library call these.
void* operator new(std::size_t size) { return take(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return take(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

namespace salus::test {

std::size_t allocated_by(const std::function<void()>& work) {
  const std::size_t before = allocated;
  work();
  return allocated - before;
}

}  // namespace salus::test
