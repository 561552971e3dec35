"""What the verbs' inputs have in common."""

from strawberry import argument

ONE = argument(description="What the verb takes.")
KEY = (
    "1 to 200 characters. Sent again within 30 days with the same key and input, the first answer is given again, and "
    "nothing is made or charged twice."
)
