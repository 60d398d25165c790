// Delivery reports of API v3, one JSON object per record produced.
#pragma once

#include "http/parse_v3_record.hpp"
#include "http/produce.hpp"

namespace troupe::http {

/// Where the records went.
struct report_target {
  std::string_view cluster;
  std::string_view topic;
};

/// {"error_code":200,"cluster_id":..,"topic_name":..,"partition_id":1,"offset":0,"timestamp":..,
///  "key":{"type":"BINARY","size":7},"value":{..}} or {"error_code":42206,"message":".."}. With
/// `id` the object begins with it, as the lists of records:batch want it.
void append_report(std::string& out, const report_target& target, const incoming_record& record,
                   const v3_types& types, const record_result& result, std::string_view id = {});
/// The report of something that was no record.
void append_failure_report(std::string& out, const error& why);

}  // namespace troupe::http
