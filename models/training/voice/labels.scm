;; Full-context labels of the Festival voice for every line of LABEL_INPUT: one label a line, a line with a dash after each sentence.
(voice_cmu_us_slt_arctic_hts)

(define (front_end text)
  (let ((utt (eval (list 'Utterance 'Text text))))
    (Initialize utt)
    (Text utt)
    (Token_POS utt)
    (Token utt)
    (POS utt)
    (Phrasify utt)
    (Word utt)
    (Pauses utt)
    (Intonation utt)
    (PostLex utt)
    (Duration utt)
    (Int_Targets utt)
    utt))

(define (write_labels sentences out)
  (mapcar
   (lambda (text)
     (mapcar (lambda (label) (format out "%s" label)) (hts_dump_feats_string_list (front_end text) hts_feats_list))
     (format out "-\n"))
   sentences))

(set! out (fopen (getenv "LABEL_OUTPUT") "w"))
(write_labels (load (getenv "LABEL_INPUT") t) out)
(fclose out)
