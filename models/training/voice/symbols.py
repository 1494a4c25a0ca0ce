"""The voice's symbols: every code point that espeak-ng's English can emit, one id each, and stand-ins for those no sentence trains."""

PAD, BEGIN, END = "_", "^", "$"
PUNCTUATION = " !,.:;?'\"()-"
VOWELS = "aeiouyæɐɑɒɔəɚɛɜɝɪɨʉʊʌᵻøœɵɤɯɘɞɶʏ"
CONSONANTS = "bcdfghjklmnpqrstvwxzðŋɡɣɬɫɹɻɾʁʀʃʒʔʍθçβɕʑɖʈɟɲɳɭɱʋʎʂʐχħʝɸɽɰɥʧʤ"
MARKS = "ˈˌːˑʲʰʷ˞" + "\u0329\u0303\u032f\u032a\u031d\u0325\u0361"

# A symbol that the training text lacks or hardly has sounds like the symbol after it here; marks that are in neither list stay silent.
STAND_INS = dict(
    (pair[0], pair[1])
    for pair in """qk xh ch rɹ gɡ yu øɜ œɜ ɵə ɤʌ ɯu ɘə ɞɜ ɶæ ʏɪ ɨɪ ʉu ɝɚ ɒɑ ɣɡ ɬl ɫl ɻɹ ʁɹ ʀɹ ʍw çh βv ɕʃ ʑʒ ɖd ʈt ɟj ɲn ɳn ɭl ɱm ʋv ʎl ʂʃ ʐʒ χh
    ħh ʝj ɸf ɽɾ ɰw ɥw ʧʃ ʤʒ ˑː""".split()
)

SYMBOLS = [PAD, BEGIN, END]
for symbol in PUNCTUATION + VOWELS + CONSONANTS + MARKS:
    if symbol not in SYMBOLS:
        SYMBOLS.append(symbol)
IDS = {symbol: index for index, symbol in enumerate(SYMBOLS)}


def write_tokens(path):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{symbol} {index}\n" for symbol, index in IDS.items())
