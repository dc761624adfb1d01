// Counts what a program takes from the heap: allocated.cpp replaces operator new.
#pragma once

#include <cstddef>
#include <functional>

namespace salus::test {

/// Bytes that `work` asked for, in all threads, whether or not it gave them back.
std::size_t allocated_by(const std::function<void()>& work);

}  // namespace salus::test
