"""The chaos run: books are made while everything that makes them is killed, frozen, emptied and started again."""
