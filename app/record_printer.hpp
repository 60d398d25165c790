// Records on standard output.
#pragma once

#include "http/record_format.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>

namespace troupe::app {

struct print_options {
  bool json = false;  ///< each record as one line of JSON, as the broker sent it
  bool key = false;
  bool offset = false;
  bool partition = false;
  bool timestamp = false;
  bool headers = false;
  std::string separator = "\t";
  http::embedded_format format = http::embedded_format::text;
};

/// Owned by one thread.
class record_printer {
 public:
  explicit record_printer(print_options options) : options_(std::move(options)) {}

  void print(const boost::json::object& record);
  /// False when standard output is lost: its reader is gone, or the device is full.
  bool flush();
  std::uint64_t count() const { return count_; }

 private:
  std::string line_;
  print_options options_;
  std::uint64_t count_ = 0;
};

/// One record as the text of its line, without the line's end.
std::string record_text(const boost::json::object& record, const print_options& options);

}  // namespace troupe::app
