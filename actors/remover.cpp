#include "actors/remover.hpp"

#include "actors/data_directory.hpp"
#include "actors/outcomes.hpp"

namespace troupe {

remover::remover(caf::actor_config& config, std::shared_ptr<node_state> node)
    : remover_actor::base(config), node_(std::move(node)) {}

remover::behavior_type remover::make_behavior() {
  return {
      [this](const remove_directories& what) {
        auto ended = remove_partitions(node_->files, node_->data_directory, what.topic,
                                       what.partitions, node_->stopping);
        return directories_gone{as_outcome(ended)};
      },
  };
}

}  // namespace troupe
