// Messages of which two programs in a row may have different ideas, written from RFC 9110, RFC 9112 and public
// advisories, each with the status that answers it (0: it is a correct request). What is accepted is here too: a parser
// that refuses everything is no use.
#pragma once

#include <string_view>

namespace goro::http::detail {

struct corpus_entry {
  std::string_view name;
  std::string_view message;
  int status;
};

// A literal with its zero bytes.
template <std::size_t n>
constexpr std::string_view bytes(const char (&text)[n]) {
  return {text, n - 1};
}

inline constexpr corpus_entry smuggling_corpus[] = {
    // Correct.
    {"get", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"get_1_0", "GET / HTTP/1.0\r\n\r\n", 0},
    {"later_minor_version", "GET / HTTP/1.9\r\nHost: a\r\n\r\n", 0},
    {"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
    {"value_without_blank", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", 0},
    {"value_with_tabs_around", "GET / HTTP/1.1\r\nHost:\t a \t\r\n\r\n", 0},
    {"value_with_high_bytes", "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\xff\r\n\r\n", 0},
    {"empty_line_before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"sized", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 0},
    {"length_zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 0},
    {"length_with_zeros_in_front", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 003\r\n\r\nabc", 0},
    {"length_of_many_digits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 00000000000000000000003\r\n\r\nabc", 0},
    {"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0},
    {"chunked_in_capitals",
     "POST / HTTP/1.1\r\nHost: a\r\ntRANSFER-eNCODING: ChunkeD\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", 0},
    {"chunk_extension",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3 ;a=\"b\";c\r\nabc\r\n000\r\n\r\n", 0},
    {"chunk_extension_with_blanks",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3 ; a = \"\\\"b;\" ; c\r\nabc\r\n0\r\n\r\n", 0},
    {"trailer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", 0},
    {"absolute_target", "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"options_asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"connect_with_length_zero", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 0\r\n\r\n", 0},
    {"connect", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 0},
    {"unknown_method", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n", 0},

    // Two lengths (RFC 9112 section 6.3).
    {"length_twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", 400},
    {"length_twice_equal", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
    {"length_list", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 5\r\n\r\nabcde", 400},
    {"length_list_equal", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", 400},
    {"length_plus", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400},
    {"length_minus", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc", 400},
    {"length_minus_zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n", 400},
    {"length_hexadecimal", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc", 400},
    {"length_fraction", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3.0\r\n\r\nabc", 400},
    {"length_exponent", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1e1\r\n\r\n0123456789", 400},
    {"length_empty", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
    {"length_of_two_words", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 5\r\n\r\nabc", 400},
    {"length_beyond_64_bits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551619\r\n\r\nabc", 400},
    {"length_beyond_63_bits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\nabc", 400},
    {"length_in_quotes", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"3\"\r\n\r\nabc", 400},
    {"length_with_underscore", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0\r\n\r\n0123456789", 400},
    {"length_vertical_tab", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \v3\r\n\r\nabc", 400},

    // A length and a coding.
    {"length_then_chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", 400},
    {"chunked_then_length",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX", 400},
    {"chunked_and_length_zero",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", 400},

    // Transfer-Encoding other than one "chunked".
    {"xchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
    {"chunkedx", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked1\r\n\r\n0\r\n\r\n", 501},
    {"identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501},
    {"gzip_chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
    {"identity_chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501},
    {"chunked_identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
    {"chunked_twice_in_list", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked_twice",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked_then_identity_field",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400},
    {"chunked_comma", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 400},
    {"comma_chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked_in_quotes", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
    {"chunked_with_parameter", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 501},
    {"two_words", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cow chunked\r\n\r\n0\r\n\r\n", 400},
    {"coding_empty", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400},
    {"chunked_vertical_tab", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked_form_feed", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\f\r\n\r\n0\r\n\r\n", 400},
    {"chunked_zero_byte", bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n"), 400},
    {"chunked_kelvin",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chun\xe2\x84\xaa"
     "ed\r\n\r\n0\r\n\r\n",
     400},
    {"chunked_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},

    // Fields that are seen by one and not by the other.
    {"space_before_colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc", 400},
    {"tab_before_colon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 400},
    {"space_before_name", "POST / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"folded", "POST / HTTP/1.1\r\nHost: a\r\nX: b\r\n Content-Length: 3\r\n\r\n", 400},
    {"folded_coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
    {"folded_by_tab", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", 400},
    {"folded_first", "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", 400},
    {"no_colon", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\r\n\r\n", 400},
    {"no_name", "GET / HTTP/1.1\r\nHost: a\r\n: chunked\r\n\r\n", 400},
    {"zero_in_name", bytes("POST / HTTP/1.1\r\nHost: a\r\nContent\0-Length: 3\r\n\r\nabc"), 400},
    {"zero_in_value", bytes("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"), 400},
    {"delete_in_value",
     "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f"
     "b\r\n\r\n",
     400},
    {"bell_in_value", "GET / HTTP/1.1\r\nHost: a\r\nX: \a\r\n\r\n", 400},
    {"slash_in_name", "GET / HTTP/1.1\r\nHost: a\r\nX/Y: z\r\n\r\n", 400},
    {"brackets_in_name", "GET / HTTP/1.1\r\nHost: a\r\nContent[Length]: 3\r\n\r\n", 400},
    {"space_in_name", "GET / HTTP/1.1\r\nHost: a\r\nContent Length: 3\r\n\r\n", 400},
    {"high_byte_in_name", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length\xa0: 3\r\n\r\n", 400},

    // Ends of lines.
    {"bare_lf_everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"bare_lf_at_request_line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"bare_lf_at_field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"bare_lf_at_end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"bare_cr_in_field", "GET / HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 3\r\n\r\n", 400},
    {"bare_cr_before_coding", "POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"bare_cr_in_request_line", "GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"cr_cr_lf", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400},
    {"cr_cr_lf_at_end", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", 400},
    {"two_empty_lines_before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"lf_before", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},

    // Request lines.
    {"http_2_0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"preface_of_http_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"http_0_9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"http_3_0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
    {"no_version", "GET /\r\nHost: a\r\n\r\n", 400},
    {"small_http", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"version_without_point", "GET / HTTP/11\r\nHost: a\r\n\r\n", 400},
    {"version_with_more_digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"version_with_zero", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", 400},
    {"version_of_letters", "GET / HTTP/1.x\r\nHost: a\r\n\r\n", 400},
    {"other_protocol", "GET / ICAP/1.0\r\nHost: a\r\n\r\n", 400},
    {"space_behind_version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"two_spaces_before_target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"two_spaces_before_version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tab_for_space", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"space_before_method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"space_in_target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"no_target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"method_with_colon", "GE:T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"method_in_brackets", "(GET) / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"method_with_zero", bytes("G\0ET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {"zero_in_target", bytes("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {"high_byte_in_target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"fragment_in_target", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"relative_target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"asterisk_with_get", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"other_scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"user_in_target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute_without_host", "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"connect_with_length", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 3\r\n\r\nabc", 400},
    {"connect_chunked", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"connect_to_path", "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tls_handshake", bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), 400},

    // Host (RFC 9112 section 3.2).
    {"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"no_host_absolute", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
    {"host_twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"host_twice_equal", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
    {"host_twice_1_0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"host_with_user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
    {"host_list", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"host_with_brace", "GET / HTTP/1.1\r\nHost: {\r\n\r\n", 400},
    {"host_with_high_byte", "GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", 400},
    {"host_with_space_before_colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},

// Chunks.
#define GORO_CHUNKED "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    {"chunk_size_with_0x", GORO_CHUNKED "0x3\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_plus", GORO_CHUNKED "+3\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_minus", GORO_CHUNKED "-3\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_with_space_before", GORO_CHUNKED " 3\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_with_space_behind", GORO_CHUNKED "3 \r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_empty", GORO_CHUNKED "\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_only_extension", GORO_CHUNKED ";a\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_of_letters", GORO_CHUNKED "xyz\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_too_large", GORO_CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_all_f", GORO_CHUNKED "ffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_with_comma", GORO_CHUNKED "3,3\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_with_underscore", GORO_CHUNKED "0_3\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_size_bare_lf", GORO_CHUNKED "3\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_bare_lf", GORO_CHUNKED "3;a\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_bare_cr", GORO_CHUNKED "3;a\rb\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_zero", bytes(GORO_CHUNKED "3;a\0\r\nabc\r\n0\r\n\r\n"), 400},
    {"chunk_extension_without_name", GORO_CHUNKED "3;\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_two_semicolons", GORO_CHUNKED "3;;a\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_of_two_words", GORO_CHUNKED "3;a b\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_without_value", GORO_CHUNKED "3;a=\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_blank_behind", GORO_CHUNKED "3;a \r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_open_quote", GORO_CHUNKED "3;a=\"b\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_quote_escaped", GORO_CHUNKED "3;a=\"b\\\"\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_extension_control_escaped", GORO_CHUNKED "3;a=\"b\\\f\"\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_longer_than_size", GORO_CHUNKED "3\r\nabcd\r\n0\r\n\r\n", 400},
    {"chunk_shorter_than_size", GORO_CHUNKED "5\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk_end_bare_lf", GORO_CHUNKED "3\r\nabc\n0\r\n\r\n", 400},
    {"chunk_end_bare_cr", GORO_CHUNKED "3\r\nabc\r0\r\n\r\n", 400},
    {"chunk_end_any_two", GORO_CHUNKED "3\r\nabcXX0\r\n\r\n", 400},
    {"last_chunk_bare_lf", GORO_CHUNKED "0\n\n", 400},
    {"trailer_length", GORO_CHUNKED "0\r\nContent-Length: 3\r\n\r\n", 400},
    {"trailer_coding", GORO_CHUNKED "0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"trailer_host", GORO_CHUNKED "0\r\nHost: b\r\n\r\n", 400},
    {"trailer_folded", GORO_CHUNKED "0\r\nX: y\r\n z\r\n\r\n", 400},
    {"trailer_space_before_colon", GORO_CHUNKED "0\r\nX : y\r\n\r\n", 400},
    {"trailer_bare_lf", GORO_CHUNKED "0\r\nX: y\n\r\n", 400},
#undef GORO_CHUNKED

    // Expectations.
    {"unknown_expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417},
};

}  // namespace goro::http::detail
