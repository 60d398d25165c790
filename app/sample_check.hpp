// Whether what came out of a topic equals what went in.
#pragma once

#include "app/debian_catalogue.hpp"
#include "app/record_client.hpp"

#include <boost/json/fwd.hpp>

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::app {

/// Expects the records that were acknowledged, each at its partition and offset, once, in order.
/// take() may run on several threads as long as each partition has one; the rest belongs to one.
class sample_check {
 public:
  /// `acks[i]` is the fate of `records[i]`; both outlive the check.
  sample_check(std::span<const catalogue_record> records, std::span<const record_ack> acks,
               std::int32_t partitions);

  /// One record as read, in the order of reading.
  void take(const boost::json::object& record);
  /// Records of this partition still to come.
  std::size_t missing(std::int32_t partition) const;
  std::size_t missing() const;
  std::size_t matched() const;
  /// What is wrong, as sentences; empty when everything is equal. At most a few per partition.
  std::vector<std::string> differences() const;

 private:
  struct lane {
    std::vector<std::size_t> expected;  ///< indexes of records, by ascending offset
    std::size_t next = 0;               ///< of expected
    std::unordered_map<std::string_view, std::size_t> last_of_key;  ///< greatest index read
    std::vector<std::string> differences;
    std::size_t wrong = 0;
  };

  void differs(lane& at, std::string what);
  void compare(lane& at, std::size_t index, const boost::json::object& record);

  std::span<const catalogue_record> records_;
  std::span<const record_ack> acks_;
  std::vector<lane> lanes_;
  std::vector<std::string> before_reading_;  ///< found in the acknowledgements alone
};

}  // namespace troupe::app
