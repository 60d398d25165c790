#include "http/base64.hpp"
#include "http/record_format.hpp"
#include "runtime/base/rng.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bit by bit, as the standard tells it.
std::string slow_encode(std::string_view data) {
  std::string out;
  for (std::size_t bit = 0; bit < data.size() * 8; bit += 6) {
    unsigned digit = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      bool set =
          i / 8 < data.size() && (static_cast<unsigned char>(data[i / 8]) >> (7 - i % 8) & 1);
      digit = digit << 1 | static_cast<unsigned>(set);
    }
    out += alphabet[digit];
  }
  while (out.size() % 4 != 0)
    out += '=';
  return out;
}

std::string encode(std::string_view data) {
  std::string out;
  append_json_base64(out, data);
  return out.substr(1, out.size() - 2);
}

TEST(Base64, KnownAnswers) {
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, EveryLengthGoesOutAndComesBack) {
  rng random{11};
  for (std::size_t size = 0; size < 200; ++size) {
    std::string data(size, '\0');
    for (char& each : data)
      each = static_cast<char>(random.below(256));
    std::string text = encode(data);
    EXPECT_EQ(text, slow_encode(data));
    EXPECT_EQ(decode_base64(text), data);
    while (text.ends_with('='))
      text.pop_back();
    EXPECT_EQ(decode_base64(text), data) << "without padding";
  }
}

TEST(Base64, NoOtherCharacterIsAllowedAnywhere) {
  const std::string good = encode(std::string(48, 'x'));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text[at] = static_cast<char>(c);
      bool known = alphabet.find(text[at]) != std::string_view::npos;
      // The last place may also be padding.
      if (c == '=' && at + 1 == good.size())
        continue;
      EXPECT_EQ(decode_base64(text).has_value(), known) << at << ' ' << c;
    }
}

TEST(Base64, MalformedEndsAreRefused) {
  for (std::string_view text :
       {"A", "=", "==", "====", "A===", "AA=", "AAA==", "AAAA=", "AAAA====", "AB==", "AAB=", "AB",
        "AAAAA", "AA=A", "A=AA", "AA==AA==", "AAAA\n"})
    EXPECT_FALSE(decode_base64(text).has_value()) << text;
}

TEST(Base64, NothingIsWrittenBehindTheBound) {
  for (std::size_t size = 0; size < 100; ++size) {
    std::string text = encode(std::string(size, '\xff'));
    std::string out(size + 16, '#');
    ASSERT_EQ(decode_base64_to(out.data(), text), size);
    EXPECT_EQ(out.substr(size), std::string(16, '#'));
  }
}

}  // namespace
}  // namespace troupe::http
