// What the compiler and its options decide. The only header below kernel/ with conditional
// compilation.
#pragma once

namespace salus {

/// Compiled with the address sanitizer, which must see every block of memory come and go.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
#else
inline constexpr bool kAddressSanitizer = false;
#endif

/// Compiled to WebAssembly, where a product of two words has no upper word: the compiler's 128-bit
/// product is a call.
#if defined(__wasm__)
inline constexpr bool kWebAssembly = true;
#else
inline constexpr bool kWebAssembly = false;
#endif

}  // namespace salus
