"""What the gateway remembers: extraction, storage, retrieval.

``base`` says what passes between the parts. An *extractor* reads one exchange and says what is worth remembering; the
*store* writes it down, letting corrections supersede and repetitions reinforce; *retrieval* finds what matters for a
text, for the chat engine and for search. No part knows how another does its work.
"""
