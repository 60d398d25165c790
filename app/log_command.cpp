#include "app/commands.hpp"
#include "app/failure.hpp"
#include "app/options.hpp"
#include "app/output.hpp"
#include "app/segment_dump.hpp"
#include "app/table.hpp"
#include "app/units.hpp"
#include "http/record_format.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <memory>

namespace troupe::app {

namespace json = boost::json;

namespace {

struct dump_options {
  std::string path;
  std::string output = "text";
  bool records = false;
};

std::string flags_of(const batch_header& header) {
  std::string flags(to_string(header.compression()));
  if (header.is_transactional())
    flags += ",transactional";
  if (header.is_control())
    flags += ",control";
  return flags;
}

json::object as_json(const std::string& path, const dumped_batch& batch) {
  const auto& h = batch.header;
  json::object out{{"file", path}, {"position", batch.position}, {"size", batch.size}};
  if (batch.data.empty()) {
    out["damage"] = batch.damage;
    return out;
  }
  out["base_offset"] = h.base_offset;
  out["last_offset"] = h.last_offset();
  out["records"] = h.record_count;
  out["leader_epoch"] = value_of(h.epoch);
  out["codec"] = to_string(h.compression());
  out["transactional"] = h.is_transactional();
  out["control"] = h.is_control();
  out["producer_id"] = h.producer_id;
  out["producer_epoch"] = h.producer_epoch;
  out["base_sequence"] = h.base_sequence;
  out["base_timestamp"] = h.base_timestamp;
  out["max_timestamp"] = h.max_timestamp;
  out["crc"] = h.crc;
  out["damage"] = batch.damage.empty() ? json::value(nullptr) : json::value(batch.damage);
  return out;
}

std::string as_text(const dumped_batch& batch) {
  const auto& h = batch.header;
  if (batch.data.empty())
    return fmt::format("{:>12}  DAMAGED: {}", batch.position, batch.damage);
  auto records = counted(static_cast<std::uint64_t>(std::max(h.record_count, 0)), "record");
  return fmt::format("{:>12}  offsets {}..{}  {}  {} B  epoch {}  {}{}  crc {:08x} {}",
                     batch.position, h.base_offset, h.last_offset(), records, batch.size,
                     value_of(h.epoch), flags_of(h),
                     h.producer_id < 0 ? ""
                                       : fmt::format("  producer {}/{} from {}", h.producer_id,
                                                     h.producer_epoch, h.base_sequence),
                     h.crc, batch.damage.empty() ? "ok" : "DAMAGED: " + batch.damage);
}

/// Bytes as they are where they are UTF-8, as base64 otherwise; null for none.
json::value as_json(const std::optional<std::string_view>& data) {
  if (!data)
    return nullptr;
  if (http::is_valid_utf8(*data))
    return json::value(*data);
  std::string base64;
  http::append_json_base64(base64, *data);
  return json::object{{"base64", base64.substr(1, base64.size() - 2)}};
}

void print_records(const dumped_batch& batch, json::object* into) {
  auto reader = record_reader::open(batch.data);
  record_view record;
  json::array rows;
  while (reader) {
    auto more = reader->next(record);
    if (!more || !*more)
      break;
    json::object row{{"offset", record.offset},
                     {"timestamp", record.timestamp},
                     {"key", as_json(record.key)},
                     {"value", as_json(record.value)}};
    if (into)
      rows.push_back(std::move(row));
    else
      print_out("{:>14}{}\n", "", json::serialize(row));
  }
  if (into)
    (*into)["contents"] = std::move(rows);
}

void print_batch(const dump_options& options, const std::string& path, const dumped_batch& batch) {
  bool contents = options.records && batch.damage.empty();
  if (options.output == "json") {
    auto row = as_json(path, batch);
    if (contents)
      print_records(batch, &row);
    return print_json(row);
  }
  print_out("{}\n", as_text(batch));
  if (contents)
    print_records(batch, nullptr);
}

attempt<dump_totals> dump_file(const dump_options& options, const std::string& path) {
  auto known = is_segment(posix_env(), path);
  if (!known)
    return failure{exit_failed, known.error().message};
  if (!*known)
    return failure{exit_failed, fmt::format("'{}' is no log segment; give a segment (*.log) or the "
                                            "directory of one partition.",
                                            path)};
  if (options.output == "text")
    print_out("{}\n", path);
  auto totals = dump_segment(posix_env(), path, [&](const dumped_batch& batch) {
    print_batch(options, path, batch);
    return !output_lost();
  });
  if (!totals)
    return failure{exit_failed, totals.error().message};
  return *totals;
}

/// The segments of a partition's directory, in order, or the file itself.
attempt<std::vector<std::string>> files_of(const std::string& path) {
  auto names = posix_env().list(path);
  if (!names && names.error().code == errc::not_found)
    return failure{exit_failed, fmt::format("there is no '{}'; give a segment (*.log) or the "
                                            "directory of one partition.",
                                            path)};
  if (!names)
    return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (const auto& name : *names)
    if (name.ends_with(".log"))
      files.push_back(fmt::format("{}/{}", path, name));
  if (files.empty())
    return failure{exit_failed, fmt::format("'{}' holds no segment (*.log); give a segment or the "
                                            "directory of one partition.",
                                            path)};
  return files;
}

int dump(const dump_options& options) {
  auto files = files_of(options.path);
  if (!files)
    return report(files.error());
  dump_totals sum;
  for (const auto& path : *files) {
    auto totals = dump_file(options, path);
    if (!totals)
      return report(totals.error());
    sum.batches += totals->batches;
    sum.records += totals->records;
    sum.bytes += totals->bytes;
    sum.damaged += totals->damaged;
    if (output_lost())
      break;
  }
  if (options.output == "text")
    print_out("{}, {}, {} in {}; {} damaged\n", counted(sum.batches, "batch", "batches"),
              counted(sum.records, "record"), as_size(static_cast<double>(sum.bytes)),
              counted(files->size(), "file"), sum.damaged);
  return sum.damaged == 0 ? exit_ok : exit_failed;
}

}  // namespace

command log_command() {
  auto o = std::make_shared<dump_options>();
  command dump_it;
  dump_it.name = "dump";
  dump_it.summary = "Show the batches of a segment and check every CRC";
  dump_it.help =
      "Reads a segment file, or all segments of a partition's directory, without a broker: every\n"
      "batch with position, offsets, records, codec, producer and the verdict on its CRC. Ends\n"
      "with 1 when anything is damaged. A batch cut short at the end of the newest segment is\n"
      "what a crash leaves; the broker drops it when it starts.";
  auto path =
      text_option("path", o->path, "A segment (*.log) or the directory of a partition", "FILE|DIR");
  path.required = true;
  path.completion = completes::segments;
  dump_it.options = {
      path, {"--records,-r", &o->records, "Show the records too"}, output_option(o->output)};
  dump_it.examples =
      "Examples:\n"
      "  troupe log dump data/orders-0\n"
      "  troupe log dump data/orders-0/00000000000000000000.log --records\n"
      "  troupe log dump data/orders-0 --output json | jq 'select(.damage)'";
  dump_it.run = [o] { return dump(*o); };
  command it;
  it.name = "log";
  it.summary = "Look into the files of a broker that need not run";
  it.help = "Looks into the files of a broker. Nothing is changed.";
  it.children = {dump_it};
  return it;
}

}  // namespace troupe::app
