"""How the offline narrator speaks. All but `words`, `alignment` and `timing` runs only in an OfflinePool's children:
piper and espeak are GPL programs, and belong in processes of their own."""
