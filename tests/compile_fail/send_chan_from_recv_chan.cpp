// expect: conversion from|no viable conversion|could not convert
#include "goro/chan.hpp"

goro::send_chan<int> f(const goro::recv_chan<int>& ch) { return ch; }
