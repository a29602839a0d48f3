int main() { return nonsense; }
