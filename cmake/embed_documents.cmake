# cmake -DOUTPUT=x.cpp -DDOCUMENTS="a.json;b.json" -P embed_documents.cmake
# Writes the definition of http/documents.hpp with the texts in it.
set(texts "")
foreach(document ${DOCUMENTS})
  get_filename_component(name ${document} NAME)
  file(READ ${document} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" escaped "${hex}")
  # In lines, or editors and debuggers choke on it.
  string(REGEX REPLACE "((\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?)"
         "    \"\\1\"\n" lines "${escaped}")
  string(APPEND texts "  if (name == \"${name}\")\n    return std::string_view{\n${lines}    };\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"http/documents.hpp\"

namespace troupe::http {

std::optional<std::string_view> find_document([[maybe_unused]] std::string_view name) {
${texts}  return std::nullopt;
}

}  // namespace troupe::http
")
