#include "http/http.h"

int main() { return salus::http::answer() == 42 ? 0 : 1; }
