// expect: conversion from|no viable conversion|could not convert
#include "goro/chan.hpp"

goro::chan<long> f(const goro::chan<int>& ch) { return ch; }
