// The resources of API v3 as JSON: {"kind":"KafkaTopic","metadata":{"self":url,"resource_name":
// "crn:///kafka=<cluster>/topic=<topic>"},..}, with {"related":url} where there is more to see.
#pragma once

#include "http/v3_place.hpp"
#include "runtime/config/broker_config.hpp"

#include <boost/json/fwd.hpp>

namespace troupe::http {

boost::json::object cluster_resource(const v3_place& at);
boost::json::object broker_resource(const v3_place& at, const broker_metadata& broker);
boost::json::object topic_resource(const v3_place& at, const topic_metadata& topic);
boost::json::object topic_config_resource(const v3_place& at, const topic_metadata& topic,
                                          const topic_config_info& setting);
boost::json::object broker_config_resource(const v3_place& at, const broker_metadata& broker,
                                           const broker_setting& setting, const std::string* given);
boost::json::object partition_resource(const v3_place& at, const topic_metadata& topic,
                                       const partition_metadata& partition);
boost::json::object replica_resource(const v3_place& at, const topic_metadata& topic,
                                     const partition_metadata& partition, node_id broker);
boost::json::object offsets_resource(const v3_place& at, offset_t earliest, offset_t latest);

/// {"kind":"<kind>List","metadata":{"self":url,"next":null},"data":[..]}
response resource_list(const request& from, std::string_view kind, boost::json::array data);
response resource(const boost::json::object& what, unsigned status = 200);

}  // namespace troupe::http
