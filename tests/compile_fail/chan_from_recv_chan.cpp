// A direction, once given up, does not come back.
// expect: conversion from|no viable conversion|could not convert
#include "goro/chan.hpp"

goro::chan<int> f(const goro::recv_chan<int>& ch) { return ch; }
