#include "http/parse_request.hpp"

#include "runtime/base/limits.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

std::string head_of(std::string_view lines) {
  return "POST /topics/t HTTP/1.1\r\nHost: h\r\n" + std::string{lines} + "\r\n";
}

/// "ok", or the error.
std::string parse(const std::string& head) {
  request_parser parser;
  auto done = parser.parse_head(head);
  return done ? "ok" : to_string(done.error());
}

std::string code_of(const std::string& head) {
  auto text = parse(head);
  return text.substr(0, text.find(':'));
}

/// The body of `input` as it comes out when it arrives `step` bytes at a time.
std::string body_in_steps(const std::string& head, std::string_view input, std::size_t step) {
  request_parser parser;
  if (auto done = parser.parse_head(head); !done)
    return to_string(done.error());
  if (auto fits = parser.limit_body(1000); !fits)
    return to_string(fits.error().code).data();
  std::string pending, body;
  while (!parser.body_done()) {
    auto piece = parser.next_piece(pending);
    if (!piece)
      return std::string{to_string(piece.error().code)};
    body += piece->data;
    pending.erase(0, piece->consumed);
    if (piece->consumed > 0)
      continue;
    if (input.empty())
      return "incomplete";
    pending += input.substr(0, step);
    input.remove_prefix(std::min(step, input.size()));
  }
  return body + "|" + pending + std::string{input};
}

const std::string chunked = head_of("Transfer-Encoding: chunked\r\n");

TEST(ParseRequestTest, WhatMattersOfAHeadIsFound) {
  std::string head =
      "POST /topics/t?x=1 HTTP/1.1\r\nhost: example:8082\r\nCONTENT-TYPE: a/b\r\nAccept: */*\r\n"
      "X-Request-Id: r1\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n";
  request_parser parser;
  ASSERT_TRUE(parser.parse_head(head));
  const auto& x = parser.head();
  EXPECT_EQ(x.method, boost::beast::http::verb::post);
  EXPECT_EQ(x.target, "/topics/t?x=1");
  EXPECT_EQ(x.host, "example:8082");
  EXPECT_EQ(x.content_type, "a/b");
  EXPECT_EQ(x.accept, "*/*");
  EXPECT_EQ(x.request_id, "r1");
  EXPECT_TRUE(x.expects_continue && x.keep_alive && x.http11 && !x.chunked && !x.websocket);
  EXPECT_EQ(x.content_length, 12u);
}

TEST(ParseRequestTest, LengthsThatTwoReadersCouldReadDifferentlyAreRefused) {
  for (auto lines : {
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
           "Content-Length: 3\r\nContent-Length: 4\r\n",
           "Content-Length: 3\r\nContent-Length: 3\r\n",
           "Content-Length: 3, 3\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: +1\r\n",
           "Content-Length: 0x10\r\n",
           "Content-Length: 99999999999999999999999\r\n",
           "Content-Length: \r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked, identity\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding:\r\n chunked\r\n",
           "Content-Length : 3\r\n",
           "X: a\r\n b\r\n",
           "Host: other\r\n",
           "Bad Name: x\r\n",
           ": x\r\n",
           "X: a\x01z\r\n",
       })
    EXPECT_EQ(code_of(head_of(lines)), "bad_request") << lines;
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\n\r\n"), "bad_request") << "no Host";
  EXPECT_EQ(code_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "bad_request");
}

TEST(ParseRequestTest, OtherVersionsAreToldApartFromNonsense) {
  EXPECT_EQ(code_of("GET / HTTP/2.0\r\n\r\n"), "http_version");
  EXPECT_EQ(code_of("PRI * HTTP/2.0\r\n\r\n"), "http_version");
  EXPECT_EQ(code_of("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), "http_version");
  EXPECT_EQ(code_of("GET / HTTQ/1.1\r\nHost: h\r\n\r\n"), "bad_request");
  EXPECT_EQ(code_of("GET /\r\n\r\n"), "bad_request");
  EXPECT_EQ(code_of("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), "bad_request");
  EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), "ok");
}

TEST(ParseRequestTest, LimitsOfHeads) {
  auto target = [](std::size_t n) {
    return "GET /" + std::string(n - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  EXPECT_EQ(parse(target(limits::http_target_bytes_max)), "ok");
  EXPECT_EQ(code_of(target(limits::http_target_bytes_max + 1)), "uri_too_long");
  std::string many;
  for (std::size_t i = 1; i < limits::http_headers_max; ++i)
    many += "X: y\r\n";
  EXPECT_EQ(parse(head_of(many)), "ok");
  EXPECT_EQ(code_of(head_of(many + "X: y\r\n")), "headers_too_large");
  EXPECT_EQ(code_of(head_of("X: " + std::string(limits::http_header_bytes_max, 'y') + "\r\n")),
            "headers_too_large");
}

TEST(ParseRequestTest, IncompleteHeadsThatCanNotBecomeGoodAreRefusedAtOnce) {
  auto code = [](std::string_view input) {
    auto possible = check_incomplete_head(input);
    return possible ? std::string{"possible"} : std::string{to_string(possible.error().code)};
  };
  for (auto input : {"", "G", "GET", "GET /", "GET / HTTP/1.1\r\nHos", "M-SEARCH"})
    EXPECT_EQ(code(input), "possible") << input;
  EXPECT_EQ(code("\x16\x03\x01\x02"), "bad_request") << "TLS";
  EXPECT_EQ(code("{\"a\":1}"), "bad_request");
  EXPECT_EQ(code("GET / HTTP/1.1\nHost: h\n\n"), "bad_request");
  EXPECT_EQ(code(std::string(40, 'A')), "bad_request");
  EXPECT_EQ(code("GET /" + std::string(limits::http_target_bytes_max + 100, 'a')), "uri_too_long");
  EXPECT_EQ(code("GET / HTTP/1.1\r\nX: " + std::string(limits::http_header_bytes_max, 'a')),
            "headers_too_large");
}

TEST(ParseRequestTest, HeadEndIsFoundWhereverTheLastReadEnded) {
  std::string_view input = "GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
  for (std::size_t seen = 0; seen < input.size() - 4; ++seen)
    EXPECT_EQ(find_head_end(input, seen), input.size() - 4) << seen;
  for (std::size_t n = 0; n < input.size() - 4; ++n)
    EXPECT_EQ(find_head_end(input.substr(0, n), 0), 0u) << n;
}

TEST(ParseRequestTest, ChunkedBodiesComeOutTheSameForEverySplit) {
  std::string_view input = "5;ext=1\r\nhello\r\nA\r\n, 0123456!\r\n0\r\nTrailer: x\r\n\r\nnext";
  for (std::size_t step = 1; step <= input.size(); ++step)
    EXPECT_EQ(body_in_steps(chunked, input, step), "hello, 0123456!|next") << step;
}

TEST(ParseRequestTest, BodiesOfKnownLengthEndWhereTheySay) {
  auto head = head_of("Content-Length: 5\r\n");
  for (std::size_t step = 1; step < 12; ++step)
    EXPECT_EQ(body_in_steps(head, "helloGET /", step), "hello|GET /") << step;
  EXPECT_EQ(body_in_steps(head, "hell", 2), "incomplete");
}

TEST(ParseRequestTest, DamagedChunksAreRefused) {
  for (auto input : {"x\r\n", "5\r\nhelloXX0\r\n\r\n", "5 5\r\nhello\r\n0\r\n\r\n", "-1\r\n\r\n",
                     "FFFFFFFFFFFFFFFFF\r\n", "0\r\nbad trailer\r\n\r\n",
                     "0\r\nContent-Length: 3\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "\r\n",
                     "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "0\r\n0\r\nT: x\r\n\r\n",
                     "5;a\rb\r\nhello\r\n0\r\n\r\n", "0\r\n X: y\r\n\r\n", "+5\r\nhello\r\n"})
    EXPECT_EQ(body_in_steps(chunked, input, 100), "bad_request") << input;
}

TEST(ParseRequestTest, BodyLimitHoldsForBothFramings) {
  EXPECT_EQ(body_in_steps(head_of("Content-Length: 1001\r\n"), "", 1), "payload_too_large");
  EXPECT_EQ(body_in_steps(chunked, "3E9\r\n", 10), "payload_too_large");
  std::string two = "3E0\r\n" + std::string(0x3E0, 'x') + "\r\n9\r\n";
  EXPECT_EQ(body_in_steps(chunked, two, 100), "payload_too_large") << "in all";
  EXPECT_EQ(body_in_steps(chunked, "FFFFFFFFFFFFFFFF\r\n", 100), "payload_too_large");
}

TEST(ParseRequestTest, LinesBetweenChunksAndTrailersHaveALimit) {
  std::string filler(limits::http_header_bytes_max, 'x');
  EXPECT_EQ(body_in_steps(chunked, "5;" + filler, 1000), "headers_too_large");
  EXPECT_EQ(body_in_steps(chunked, "5;" + filler + "\r\n", 100'000), "headers_too_large");
  std::string trailers = "0\r\n";
  while (trailers.size() < limits::http_header_bytes_max + 10)
    trailers += "X: y\r\n";
  EXPECT_EQ(body_in_steps(chunked, trailers, 1000), "headers_too_large");
}

TEST(ParseRequestTest, QueriesAreDecoded) {
  query_list query;
  ASSERT_TRUE(parse_query("a=1&b=x%26y+z&&flag&=v&c=a=b", query));
  query_list expected{{"a", "1"}, {"b", "x&y z"}, {"flag", ""}, {"", "v"}, {"c", "a=b"}};
  EXPECT_EQ(query, expected);
  EXPECT_FALSE(parse_query("a=%", query));
  EXPECT_FALSE(parse_query("a=%ff", query));
}

}  // namespace
}  // namespace troupe::http
