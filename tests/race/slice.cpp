// Twins of slice_test.go: Go's slices are vectors here.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "cases.hpp"

namespace race_cases {
namespace {

using ints = std::vector<int>;
using pointers = std::vector<int*>;

// append(v, …) into a new slice.
template <class T>
std::vector<T> appended(const std::vector<T>& v, T more) {
  std::vector<T> longer = v;
  longer.push_back(more);
  return longer;
}
template <class T>
std::vector<T> appended(const std::vector<T>& v, const std::vector<T>& more) {
  std::vector<T> longer = v;
  longer.insert(longer.end(), more.begin(), more.end());
  return longer;
}
template <class T>
void copy_to(std::vector<T>& to, const std::vector<T>& from) {
  std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace

RACE(SliceRW) {
  auto& a = leaked(ints(2));
  beside([&] { a[1] = 1; }, [&] { use(a[1]); });
}
NO_RACE(SliceRW) {
  auto& a = leaked(ints(2));
  beside([&] { a[0] = 1; }, [&] { use(a[1]); });
}
RACE(SliceWW) {
  auto& a = leaked(ints(10));
  beside([&] { a[1] = 1; }, [&] { a[1] = 2; });
}
NO_RACE(ArrayWW) {
  auto& a = leaked(std::array<int, 5>{});
  beside([&] { a[0] = 1; }, [&] { a[1] = 2; });
}
RACE(ArrayWW) {
  auto& a = leaked(std::array<int, 5>{});
  beside([&] { a[1] = 1; }, [&] { a[1] = 2; });
}
NO_RACE(SliceWriteLen) {
  auto& a = leaked(std::vector<char>(1));
  beside([&] { a[0] = 1; }, [&] { use(a.size()); });
}
NO_RACE(SliceWriteCap) {
  auto& a = leaked(std::vector<unsigned long>(100));
  beside([&] { a[50] = 123; }, [&] { use(a.capacity()); });
}
RACE(SliceCopyRead) {
  auto &a = leaked(ints(10)), &b = leaked(ints(10));
  beside([&] { use(a[5]); }, [&] { copy_to(a, b); });
}
NO_RACE(SliceWriteCopy) {
  auto &a = leaked(ints(10)), &b = leaked(ints(10));
  beside([&] { a[5] = 1; }, [&] { std::copy_n(b.begin(), 5, a.begin()); });
}
RACE(SliceCopyWrite2) {
  auto &a = leaked(ints(10)), &b = leaked(ints(10));
  beside([&] { b[5] = 1; }, [&] { copy_to(a, b); });
}
RACE(SliceCopyWrite3) {
  auto& a = leaked(std::vector<char>(10));
  beside([&] { a[7] = 1; }, [&] { std::memcpy(a.data(), "qwertyqwerty", 10); });
}
NO_RACE(SliceCopyRead) {
  auto &a = leaked(ints(10)), &b = leaked(ints(10));
  beside([&] { use(b[5]); }, [&] { copy_to(a, b); });
}
RACE(PointerSliceCopyRead) {
  auto &a = leaked(pointers(10)), &b = leaked(pointers(10));
  beside([&] { use(a[5]); }, [&] { copy_to(a, b); });
}
NO_RACE(PointerSliceWriteCopy) {
  auto &a = leaked(pointers(10)), &b = leaked(pointers(10));
  beside([&] { a[5] = new int; }, [&] { std::copy_n(b.begin(), 5, a.begin()); });
}
RACE(PointerSliceCopyWrite2) {
  auto &a = leaked(pointers(10)), &b = leaked(pointers(10));
  beside([&] { b[5] = new int; }, [&] { copy_to(a, b); });
}
NO_RACE(PointerSliceCopyRead) {
  auto &a = leaked(pointers(10)), &b = leaked(pointers(10));
  beside([&] { use(b[5]); }, [&] { copy_to(a, b); });
}
NO_RACE(SliceWriteSlice2) {
  auto& a = leaked(std::vector<double>(10));
  beside([&] { a[2] = 1.0; }, [&] { mention(a.data() + 5); });
}
RACE(SliceWriteSlice) {
  auto& a = leaked(std::vector<double>(10));
  beside([&] { a[2] = 1.0; }, [&] { a = std::vector<double>(a.begin() + 5, a.end()); });
}
NO_RACE(SliceWriteSlice) {
  auto& a = leaked(std::vector<double>(10));
  beside([&] { a[2] = 1.0; }, [&] { use(std::vector<double>(a.begin() + 5, a.end()).size()); });
}
NO_RACE(SliceLenCap) {
  auto& a = leaked(ints(10));
  beside([&] { use(a.size()); }, [&] { use(a.capacity()); });
}
NO_RACE(StructSlicesRangeWrite) {
  struct two {
    ints a, b;
  };
  auto& s = leaked(two{ints(10), ints(10)});
  beside(
      [&] {
        for (auto i = s.a.begin(); i != s.a.end(); ++i) {
        }
      },
      [&] { s.b[5] = 5; });
}
RACE(SliceDifferent) {
  auto& s = leaked(ints(10));
  int* s2 = s.data();
  beside([&] { s[3] = 3; }, [=] { s2[3] = 3; });
}
RACE(SliceRangeWrite) {
  auto& s = leaked(ints(10));
  beside([&] { s[3] = 3; },
         [&] {
           for (const int v : s) {
             use(v);
           }
         });
}
NO_RACE(SliceRangeWrite) {
  auto& s = leaked(ints(10));
  beside([&] { s[3] = 3; },
         [&] {
           for (auto i = s.begin(); i != s.end(); ++i) {
           }
         });
}
RACE(SliceRangeAppend) {
  auto& s = leaked(ints(10));
  beside([&] { s.push_back(3); },
         [&] {
           for (auto i = s.begin(); i != s.end(); ++i) {
           }
         });
}
NO_RACE(SliceRangeAppend) {
  auto& s = leaked(ints(10));
  beside([&] { appended(s, 3); },
         [&] {
           for (auto i = s.begin(); i != s.end(); ++i) {
           }
         });
}
RACE(SliceVarWrite) {
  auto& s = leaked(ints(10));
  beside([&] { s[3] = 3; }, [&] { s = ints(20); });
}
RACE(SliceVarRead) {
  auto& s = leaked(ints(10));
  beside([&] { use(s[3]); }, [&] { s = ints(20); });
}
RACE(SliceVarRange) {
  auto& s = leaked(ints(10));
  beside(
      [&] {
        for (auto i = s.begin(); i != s.end(); ++i) {
        }
      },
      [&] { s = ints(20); });
}
RACE(SliceVarAppend) {
  auto& s = leaked(ints(10));
  beside([&] { appended(s, 10); }, [&] { s = ints(20); });
}
RACE(SliceVarCopy) {
  auto& s = leaked(ints(10));
  beside([&] { copy_to(s, ints(10)); }, [&] { s = ints(20); });
}
RACE(SliceVarCopy2) {
  auto& s = leaked(ints(10));
  beside(
      [&] {
        ints s2(20);
        copy_to(s2, s);
      },
      [&] { s = ints(20); });
}
RACE(SliceAppend) {
  auto& s = leaked(ints(10));
  s.reserve(20);
  beside([&] { s.push_back(1); }, [&] { s.push_back(2); });
}
RACE(SliceAppendWrite) {
  auto& s = leaked(ints(10));
  beside([&] { appended(s, 1); }, [&] { s[0] = 42; });
}
RACE(SliceAppendSlice) {
  auto& s = leaked(ints(10));
  beside([&] { appended(s, ints(10)); }, [&] { s[0] = 42; });
}
RACE(SliceAppendSlice2) {
  auto &s = leaked(ints(10)), &s2 = leaked(ints(10));
  beside([&] { appended(s, s2); }, [&] { s2[5] = 42; });
}
RACE(SliceAppendString) {
  auto& s = leaked(std::vector<char>(10));
  beside([&] { appended(s, std::vector<char>{'q', 'w'}); }, [&] { s[0] = 42; });
}
RACE(PointerSliceAppend) {
  auto& s = leaked(pointers(10));
  s.reserve(20);
  beside([&] { s.push_back(new int); }, [&] { s.push_back(new int); });
}
RACE(PointerSliceAppendWrite) {
  auto& s = leaked(pointers(10));
  beside([&] { appended(s, new int); }, [&] { s[0] = new int; });
}
RACE(PointerSliceAppendSlice) {
  auto& s = leaked(pointers(10));
  beside([&] { appended(s, pointers(10)); }, [&] { s[0] = new int; });
}
RACE(PointerSliceAppendSlice2) {
  auto &s = leaked(pointers(10)), &s2 = leaked(pointers(10));
  beside([&] { appended(s, s2); }, [&] { s2[5] = nullptr; });
}
NO_RACE(SliceIndexAccess) {
  auto& s = leaked(ints(10));
  auto& v = leaked<std::size_t>(0);
  beside([&] { use(v); }, [&] { s[v] = 1; });
}
NO_RACE(SliceIndexAccess2) {
  auto& s = leaked(ints(10));
  auto& v = leaked<std::size_t>(0);
  beside([&] { use(v); }, [&] { use(s[v]); });
}
RACE(SliceIndexAccess) {
  auto& s = leaked(ints(10));
  auto& v = leaked<std::size_t>(0);
  beside([&] { v = 1; }, [&] { s[v] = 1; });
}
RACE(SliceIndexAccess2) {
  auto& s = leaked(ints(10));
  auto& v = leaked<std::size_t>(0);
  beside([&] { v = 1; }, [&] { use(s[v]); });
}
RACE(SliceByteToString) {
  auto& s = leaked(std::vector<char>(10));
  // The last: of eight bytes that are read one by one ThreadSanitizer remembers four.
  beside([&] { use(std::string(s.begin(), s.end())); }, [&] { s[9] = 42; });
}
RACE(SliceRuneToString) {
  auto& s = leaked(std::vector<char32_t>(10));
  beside([&] { use(std::u32string(s.begin(), s.end())); }, [&] { s[9] = 42; });
}
RACE(ConcatString) {
  auto& s = leaked(std::string("hello"));
  beside([&] { use(s + " world"); }, [&] { s = "world"; });
}
RACE(CompareString) {
  auto &s1 = leaked(std::string("hello")), &s2 = leaked(std::string("world"));
  beside([&] { use(s1 == s2); }, [&] { s1 = s2; });
}
RACE(Slice3) {
  auto& x = leaked(ints(10));
  auto& i = leaked(2);
  beside([&] { i = 3; }, [&] { use(ints(x.begin(), x.begin() + i).size()); });
}
RACE(Slice4) {
  auto& data = leaked(std::string("hello there"));
  auto& wg = *new goro::wait_group;
  wg.go([&] { use(std::string(data.data(), data.size())); });
  std::memmove(data.data(), data.data() + 2, data.size() - 2);
  wg.wait();
}

// comp_test.go: parts of structures. ---------------------------------------------------------------------------------

namespace {
struct pair_of_longs {
  long x = 0, y = 0;
};
struct two_pairs {
  pair_of_longs s1, s2;
};
struct two_pointers {
  pair_of_longs* s1 = new pair_of_longs;
  pair_of_longs* s2 = new pair_of_longs;
};
}  // namespace

NO_RACE(Comp) {
  auto& s = leaked(two_pairs{});
  beside([&] { s.s2.x = 1; }, [&] { s.s2.y = 2; });
}
NO_RACE(Comp2) {
  auto& s = leaked(two_pairs{});
  beside([&] { s.s1.x = 1; }, [&] { s.s1.y = 2; });
}
RACE(Comp) {
  auto& s = leaked(two_pairs{});
  beside([&] { s.s2.y = 1; }, [&] { s.s2.y = 2; });
}
RACE(Comp2) {
  auto& s = leaked(two_pairs{});
  beside([&] { s.s1.x = 1; }, [&] { s = two_pairs{}; });
}
RACE(Comp3) {
  auto& s = leaked(two_pairs{});
  beside([&] { s.s2.y = 1; }, [&] { s = two_pairs{}; });
}
RACE(CompArray) {
  auto& s = leaked(std::vector<two_pairs>(10));
  auto& x = leaked<std::size_t>(4);
  beside([&] { s[x].s2.y = 1; }, [&] { x = 5; });
}
// Conversions between types of the same structure: a reference to a part of it, a copy.
RACE(Conv1) {
  auto& p = leaked(pair_of_longs{});
  beside([&] { p.x = 1; }, [&] { use(pair_of_longs(p).x); });
}
RACE(Conv2) {
  auto* p = new pair_of_longs;
  beside([=] { p->x = 1; }, [=] { use(pair_of_longs(*p).x); });
}
RACE(Conv3) {
  auto& s = leaked(two_pairs{});
  beside([&] { s.s1.x = 1; }, [&] { use(pair_of_longs(two_pairs(s).s1).x); });
}
RACE(Conv4) {
  auto& v = leaked(std::array<pair_of_longs, 4>{});
  beside([&] { v[1].x = 1; }, [&] { use(pair_of_longs(v[1]).x); });
}
NO_RACE(CompPtr) {
  auto& p = leaked(two_pointers{});
  beside([&] { p.s1->x = 1; }, [&] { p.s1->y = 2; });
}
NO_RACE(CompPtr2) {
  auto& p = leaked(two_pointers{});
  beside([&] { p.s1->x = 1; }, [&] { use(p); });
}
RACE(CompPtr) {
  auto& p = leaked(two_pointers{});
  beside([&] { p.s2->x = 1; }, [&] { p.s2->x = 2; });
}
RACE(CompPtr2) {
  auto& p = leaked(two_pointers{});
  beside([&] { p.s2->x = 1; }, [&] { p.s2 = new pair_of_longs; });
}
}  // namespace race_cases
