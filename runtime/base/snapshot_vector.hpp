// A sequence made to be copied, the sister of snapshot_map: copies share what they have in common.
//
//   copy        one pointer per chunk of up to 64 elements
//   change      copies each touched chunk once (editor)
//   look-up     two indexes
//
// So one partition of a topic of twenty thousand can change without copying the others.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace troupe {

/// A sequence has one owner while it is changed; sequences that share chunks may be read and
/// changed on different threads, because a chunk is never changed once it is in one.
template <class T>
class snapshot_vector {
  using chunk = std::vector<T>;
  static constexpr std::size_t chunk_size = 64;

 public:
  using value_type = T;

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    const_iterator() = default;
    reference operator*() const { return (*of_)[at_]; }
    pointer operator->() const { return &**this; }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    const_iterator operator++(int) {
      auto before = *this;
      ++at_;
      return before;
    }
    bool operator==(const const_iterator&) const = default;

   private:
    friend snapshot_vector;
    const_iterator(const snapshot_vector* of, std::size_t at) : of_(of), at_(at) {}
    const snapshot_vector* of_ = nullptr;
    std::size_t at_ = 0;
  };

  /// Changes elements in place; nothing is seen outside before commit(). REQUIRES that the sequence
  /// lives longer and is not changed in another way meanwhile.
  class editor {
   public:
    explicit editor(snapshot_vector& of) : of_(of) {}
    /// REQUIRES at < size().
    T& operator[](std::size_t at) {
      auto& own = touched_[at / chunk_size];
      if (own == nullptr)
        own = std::make_shared<chunk>(*of_.chunks_[at / chunk_size]);
      return (*own)[at % chunk_size];
    }
    void commit() {
      for (auto& [index, own] : touched_)
        of_.chunks_[index] = std::move(own);
      touched_.clear();
    }

   private:
    snapshot_vector& of_;
    std::map<std::size_t, std::shared_ptr<chunk>> touched_;
  };

  snapshot_vector() = default;
  snapshot_vector(std::initializer_list<T> all) { append(std::vector<T>{all}); }

  const_iterator begin() const { return {this, 0}; }
  const_iterator end() const { return {this, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// REQUIRES at < size().
  const T& operator[](std::size_t at) const { return (*chunks_[at / chunk_size])[at % chunk_size]; }

  void append(std::vector<T> more) {
    for (std::size_t i = 0; i < more.size();) {
      chunk filled;
      if (size_ % chunk_size != 0) {
        filled = *chunks_.back();
        chunks_.pop_back();
      }
      for (; i < more.size() && filled.size() < chunk_size; ++i) {
        filled.push_back(std::move(more[i]));
        ++size_;
      }
      chunks_.push_back(std::make_shared<const chunk>(std::move(filled)));
    }
  }
  void push_back(T x) {
    std::vector<T> one;
    one.push_back(std::move(x));
    append(std::move(one));
  }
  void assign(std::vector<T> all) {
    clear();
    append(std::move(all));
  }
  void resize(std::size_t to) {
    std::vector<T> all(begin(), end());
    all.resize(to);
    assign(std::move(all));
  }
  void clear() {
    chunks_.clear();
    size_ = 0;
  }

 private:
  std::vector<std::shared_ptr<const chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace troupe
