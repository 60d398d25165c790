#include "runtime/controller/controller.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/controller/alter_partition.hpp"
#include "runtime/controller/reassignment.hpp"

namespace troupe::controller {

namespace {

constexpr mono_duration look_every = std::chrono::seconds{1};

outcome outcome_of(const error& why) { return {why.code, why.message}; }

}  // namespace

active_controller::active_controller(controller_options how, metadata_log& log, rng chance)
    : options_(how),
      log_(log),
      chance_(chance),
      sessions_(how.sessions),
      crashes_(how.crashes),
      recovery_(how.recovery) {}

void active_controller::begin(cluster_state state, mono_time now) {
  state_ = std::move(state);
  sessions_.take_over(state_.image(), now);
  crashes_.take_over(state_.image());
  balanced_at_ = now;
  if (!state_.image().cluster_id.empty())
    return;
  // Not written: the node that leads next does it.
  changes founding;
  founding.list.emplace_back(cluster_founded{random_uuid(chance_), cluster_protocol_version});
  (void)write(founding);
}

result<void> active_controller::write(const changes& what) {
  if (what.empty())
    return {};
  const auto at = log_.append(what.list);
  if (!at)
    return at.error();
  const auto applied = state_.apply(*at, what.list);
  troupe_assert(applied.has_value(), "{}", to_string(applied.error()));
  for (const auto& each : what.elections)
    ++counters_.elections[each.kind];
  elections_.insert(elections_.end(), what.elections.begin(), what.elections.end());
  return {};
}

template <class Answer>
answer_later<Answer> active_controller::done(const result<changes>& planned) {
  Answer answer;
  if (!planned)
    answer.result = outcome_of(planned.error());
  else if (auto written = write(*planned); !written)
    answer.result = outcome_of(written.error());
  return later(std::move(answer));
}

template <class Answer>
answer_later<Answer> active_controller::done(decision<Answer> made) {
  if (auto written = write(made.what); !written) {
    made.answer = {};
    made.answer.result = outcome_of(written.error());
  }
  return later(std::move(made.answer));
}

// -- brokers ----------------------------------------------------------------------

answer_later<register_broker_response> active_controller::ask(const register_broker_request& what,
                                                              mono_time now) {
  register_broker_response answer;
  auto made = plan_registration(state_, sessions_, what, now);
  if (!made) {
    // Whether the other process is still there is found out; the next attempt may succeed.
    if (made.error().code == errc::duplicate_broker_registration)
      crashes_.suspect(what.broker.id);
    answer.result = outcome_of(made.error());
    return later(std::move(answer));
  }
  if (auto written = write(made->what); !written) {
    answer.result = outcome_of(written.error());
    return later(std::move(answer));
  }
  const auto* broker = state_.image().find_broker(what.broker.id);
  sessions_.heard(*broker, no_offset, now);
  crashes_.alive(broker->id, broker->incarnation, now);
  answer.epoch = broker->epoch;
  return later(std::move(answer));
}

answer_later<broker_heartbeat_response> active_controller::ask(const broker_heartbeat_request& what,
                                                               mono_time now) {
  auto made = plan_heartbeat(state_, sessions_, what, now);
  if (!made) {
    broker_heartbeat_response answer;
    answer.result = outcome_of(made.error());
    return later(std::move(answer));
  }
  const auto* broker = state_.image().find_broker(what.broker);
  crashes_.alive(what.broker, broker->incarnation, now);
  const bool was_shutting_down = broker->shutting_down;
  auto answer = done(std::move(*made));
  if (!was_shutting_down && state_.image().find_broker(what.broker)->shutting_down)
    sessions_.shutdown_at(what.broker, state_.offset());
  return answer;
}

answer_later<alter_partition_response> active_controller::ask(const alter_partition_request& what,
                                                              mono_time) {
  return done(plan_alter_partition(state_, what));
}

answer_later<failed_replicas_response> active_controller::ask(const failed_replicas_request& what,
                                                              mono_time) {
  return done<failed_replicas_response>(plan_failed_replicas(state_, what));
}

void active_controller::tell(const log_ends_response& what, mono_time now) {
  recovery_.answered(state_.image(), what);
  // What fails to be written is planned again at the next tick.
  (void)write(recovery_.plan(state_, now));
}

// -- operators --------------------------------------------------------------------

answer_later<topic_response> active_controller::ask(const create_topic_request& what, mono_time) {
  return done<topic_response>(plan_topic_creation(state_, what, options_.topics, chance_));
}
answer_later<topic_response> active_controller::ask(const delete_topic_request& what, mono_time) {
  return done<topic_response>(plan_topic_deletion(state_, what));
}
answer_later<topic_response> active_controller::ask(const create_partitions_request& what,
                                                    mono_time) {
  return done<topic_response>(plan_more_partitions(state_, what, chance_));
}
answer_later<topic_response> active_controller::ask(const alter_topic_request& what, mono_time) {
  return done<topic_response>(plan_topic_alteration(state_, what));
}

answer_later<elect_leaders_response> active_controller::ask(const elect_leaders_request& what,
                                                            mono_time now) {
  if (what.type == election_type::preferred)
    return done(plan_preferred_election(state_, what));
  elect_leaders_response answer;
  const auto force = [&](const topic_partition& id) {
    const auto begun = recovery_.force(state_.image(), id, now);
    answer.results.push_back({id, begun ? outcome{} : outcome_of(begun.error())});
  };
  for (const auto& id : what.partitions)
    force(id);
  if (what.partitions.empty())
    for (const auto& [name, topic] : state_.image().topics)
      for (const auto& each : topic->partitions)
        if (each.leader == no_node)
          force({name, each.id});
  return later(std::move(answer));
}

answer_later<alter_reassignments_response> active_controller::ask(
    const alter_reassignments_request& what, mono_time) {
  return done(plan_reassignments(state_, what));
}
answer_later<list_reassignments_response> active_controller::ask(
    const list_reassignments_request& what, mono_time) {
  return later(list_reassignments(state_.image(), what));
}
answer_later<unregister_broker_response> active_controller::ask(
    const unregister_broker_request& what, mono_time now) {
  return done<unregister_broker_response>(plan_unregistration(state_, sessions_, what, now));
}
answer_later<alter_settings_response> active_controller::ask(const alter_settings_request& what,
                                                             mono_time) {
  return done<alter_settings_response>(plan_settings(state_, what));
}

// -- time -------------------------------------------------------------------------

void active_controller::fence(node_id broker, std::int64_t& counter) {
  if (write(plan_fence(state_, broker)))
    ++counter;
}

void active_controller::tick(mono_time now) {
  for (auto broker : crashes_.crashed(state_.image(), now)) {
    sessions_.end(broker);
    fence(broker, counters_.fenced_by_crash);
  }
  for (auto broker : sessions_.expired(state_.image(), now))
    fence(broker, counters_.fenced_by_session);
  if (options_.balance_every != mono_duration::zero() &&
      now - balanced_at_ >= options_.balance_every) {
    balanced_at_ = now;
    (void)write(plan_balance(state_, options_.balance));
  }
  if (state_.offset() != looked_ && (looked_ == no_offset || now - looked_at_ >= look_every)) {
    looked_ = state_.offset();
    looked_at_ = now;
    recovery_.look(state_.image(), now);
  }
  if (!recovery_.idle())
    (void)write(recovery_.plan(state_, now));
}

std::vector<log_ends_question> active_controller::questions(mono_time now) {
  return recovery_.questions(state_.image(), now);
}

}  // namespace troupe::controller
