// Says that a file is too large before it is sent. Without this, the page says so afterwards.
for (const input of document.querySelectorAll("input[data-most-bytes]")) {
  const told = document.createElement("p");
  told.className = "govuk-error-message";
  told.setAttribute("role", "alert");
  told.textContent = input.dataset.tooLarge;
  input.addEventListener("change", () => {
    const large = [...input.files].some((file) => file.size > Number(input.dataset.mostBytes));
    large ? input.before(told) : told.remove();
  });
}
