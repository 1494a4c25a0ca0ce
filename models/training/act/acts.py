"""The fixed labels and slots of the act model, its prompt, and how caller text is normalised before it is tokenised."""
import re
import unicodedata

ACTS = ["book", "reschedule", "cancel", "answer", "confirm_yes", "confirm_no", "correct", "question", "message", "human", "emergency", "repeat", "goodbye", "other"]
SLOTS = ["none", "intent", "service", "day", "time", "datetime", "name", "phone", "birthdate", "reason", "confirm", "message", "more"]
END = "<|endoftext|>"
ACT_POSITION = "<|act|>"
CONTROL = [END, ACT_POSITION] + [f"<|ask:{slot}|>" for slot in SLOTS] + [f"<|act:{act}|>" for act in ACTS]
# Longer turns keep their first and last words: the wish is said at the start or at the end.
TOKENS_HEAD, TOKENS_TAIL = 48, 48


def normalise(text):
    """Lower case, a-z, 0-9, apostrophe and single spaces, with one space in front, so that every word is tokenised alike."""
    text = unicodedata.normalize("NFKD", text.lower().replace("’", "'").replace("ß", "ss"))
    text = "".join(c for c in text if not unicodedata.category(c).startswith('M'))
    words = re.sub(r"[^a-z0-9']+", " ", text).split()
    return "".join(" " + w for w in words)


def clip(ids):
    return ids if len(ids) <= TOKENS_HEAD + TOKENS_TAIL else ids[:TOKENS_HEAD] + ids[-TOKENS_TAIL:]
