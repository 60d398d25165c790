// An ordered map from names to values, made to be copied: copies share what they have in common.
//
//   copy        one pointer per chunk of up to 64 entries, whatever the values are
//   change      copies one chunk besides
//   look-up     two binary searches
//
// So a snapshot of ten thousand topics can be replaced at every change by another snapshot.
#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// Values are copied when their chunk is: shared pointers and the like. A map has one owner while
/// it is changed; maps that share chunks may be read and changed on different threads, because a
/// chunk is never changed once it is in a map.
template <class Value>
class snapshot_map {
 public:
  using value_type = std::pair<std::string, Value>;

 private:
  using chunk = std::vector<value_type>;
  using chunks = std::vector<std::shared_ptr<const chunk>>;
  static constexpr std::size_t chunk_size_max = 64;

 public:
  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = snapshot_map::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    reference operator*() const { return (**chunk_)[entry_]; }
    pointer operator->() const { return &**this; }
    const_iterator& operator++() {
      if (++entry_ == (*chunk_)->size()) {
        ++chunk_;
        entry_ = 0;
      }
      return *this;
    }
    const_iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    bool operator==(const const_iterator&) const = default;

   private:
    friend snapshot_map;
    const_iterator(typename chunks::const_iterator at, std::size_t entry)
        : chunk_(at), entry_(entry) {}
    typename chunks::const_iterator chunk_{};
    std::size_t entry_ = 0;
  };

  const_iterator begin() const { return {chunks_.begin(), 0}; }
  const_iterator end() const { return {chunks_.end(), 0}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  const_iterator find(std::string_view name) const {
    const auto at = chunk_for(name);
    if (at == chunks_.end())
      return end();
    const auto entry = entry_for(**at, name);
    if (entry == (*at)->size() || (**at)[entry].first != name)
      return end();
    return {at, entry};
  }
  bool contains(std::string_view name) const { return find(name) != end(); }

  /// True when `name` was not there before.
  bool insert_or_assign(std::string_view name, Value value) {
    if (chunks_.empty())
      chunks_.push_back(std::make_shared<const chunk>());
    auto at = chunk_for(name);
    if (at == chunks_.end())
      --at;
    auto changed = **at;
    const auto entry = entry_for(changed, name);
    const auto place = changed.begin() + static_cast<std::ptrdiff_t>(entry);
    const bool is_new = place == changed.end() || place->first != name;
    if (is_new)
      changed.emplace(place, std::string{name}, std::move(value));
    else
      place->second = std::move(value);
    size_ += is_new ? 1 : 0;
    replace(at - chunks_.begin(), std::move(changed));
    return is_new;
  }

  /// True when `name` was there.
  bool erase(std::string_view name) {
    const auto found = find(name);
    if (found == end())
      return false;
    auto changed = **found.chunk_;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(found.entry_));
    --size_;
    replace(found.chunk_ - chunks_.begin(), std::move(changed));
    return true;
  }

 private:
  // The chunk in which `name` is, if it is in any: the first whose last entry is not before it.
  typename chunks::const_iterator chunk_for(std::string_view name) const {
    return std::partition_point(chunks_.begin(), chunks_.end(), [name](const auto& x) {
      return x->empty() || x->back().first < name;
    });
  }

  static std::size_t entry_for(const chunk& in, std::string_view name) {
    const auto at = std::partition_point(in.begin(), in.end(),
                                         [name](const auto& x) { return x.first < name; });
    return static_cast<std::size_t>(at - in.begin());
  }

  // Keeps the chunks neither empty nor above their size.
  void replace(std::ptrdiff_t index, chunk with) {
    const auto at = chunks_.begin() + index;
    if (with.empty()) {
      chunks_.erase(at);
      return;
    }
    if (with.size() > chunk_size_max) {
      // What is inserted in order fills its chunks; anything else halves them.
      const bool at_end = at + 1 == chunks_.end();
      const auto middle =
          with.begin() + static_cast<std::ptrdiff_t>(at_end ? chunk_size_max : with.size() / 2);
      chunk rest{std::make_move_iterator(middle), std::make_move_iterator(with.end())};
      with.erase(middle, with.end());
      chunks_.insert(at + 1, std::make_shared<const chunk>(std::move(rest)));
    }
    // By index: the insertion above has moved the chunks.
    chunks_[static_cast<std::size_t>(index)] = std::make_shared<const chunk>(std::move(with));
  }

  chunks chunks_;
  std::size_t size_ = 0;
};

}  // namespace troupe
