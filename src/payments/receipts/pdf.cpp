#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <format>
#include <memory>
#include <new>
#include <stdexcept>

#include "core/freed.hpp"
#include "payments/receipts/sheet.hpp"

namespace roost::payments {
namespace {

// In points.
constexpr double page_width = 595, page_height = 842, margin = 56;
constexpr double inside = page_width - 2 * margin;
constexpr double label_width = 110, amount_width = 130, gap = 12;

using surface = std::unique_ptr<cairo_surface_t, freed<cairo_surface_destroy>>;
using drawing = std::unique_ptr<cairo_t, freed<cairo_destroy>>;
using layout = std::unique_ptr<PangoLayout, freed<g_object_unref>>;
using font = std::unique_ptr<PangoFontDescription, freed<pango_font_description_free>>;

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int size)
{
    try
    {
        static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
        return CAIRO_STATUS_SUCCESS;
    }
    catch (const std::bad_alloc&)
    {
        return CAIRO_STATUS_NO_MEMORY;
    }
}

void must(cairo_status_t done)
{
    if (done != CAIRO_STATUS_SUCCESS) throw std::runtime_error{cairo_status_to_string(done)};
}

struct look
{
    double size = 9.5;
    bool bold = false;
    bool grey = false;
    PangoAlignment align = PANGO_ALIGN_LEFT;
};

/// Lines of text from the top of a page to its end, and on to the next.
class pages
{
    surface surface_;
    drawing drawing_;
    layout layout_;
    double y_ = margin;

    double set(std::string_view text, double width, const look& how)
    {
        const font f{pango_font_description_from_string("DejaVu Sans")};
        pango_font_description_set_absolute_size(f.get(), how.size * PANGO_SCALE);
        pango_font_description_set_weight(f.get(), how.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(layout_.get(), f.get());
        pango_layout_set_width(layout_.get(), pango_units_from_double(width));
        pango_layout_set_alignment(layout_.get(), how.align);
        pango_layout_set_text(layout_.get(), text.data(), static_cast<int>(text.size()));
        int height = 0;
        pango_layout_get_size(layout_.get(), nullptr, &height);
        return pango_units_to_double(height);
    }

public:
    explicit pages(std::string& out)
        : surface_{cairo_pdf_surface_create_for_stream(append, &out, page_width, page_height)},
          drawing_{cairo_create(surface_.get())},
          layout_{pango_cairo_create_layout(drawing_.get())}
    {
        // Not markup, and read from the left whatever somebody's name begins with.
        pango_layout_set_auto_dir(layout_.get(), FALSE);
        pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
    }

    void describe(const sheet& s)
    {
        cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_TITLE, s.title.c_str());
        if (!s.made_at.empty())
            cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATE_DATE, s.made_at.c_str());
    }

    double height(std::string_view text, double width, const look& how)
    {
        return text.empty() ? 0 : set(text, width, how);
    }

    void write(std::string_view text, double x, double below, double width, const look& how)
    {
        if (text.empty()) return;
        set(text, width, how);
        const double shade = how.grey ? 0.4 : 0.1;
        cairo_set_source_rgb(drawing_.get(), shade, shade, shade);
        cairo_move_to(drawing_.get(), margin + x, y_ + below);
        pango_cairo_show_layout(drawing_.get(), layout_.get());
    }

    /// A new page when there is no room for so much.
    void make_room(double needed)
    {
        if (y_ + needed <= page_height - margin || y_ == margin) return;
        cairo_show_page(drawing_.get());
        y_ = margin;
    }

    void rule()
    {
        cairo_set_source_rgb(drawing_.get(), 0.8, 0.8, 0.8);
        cairo_set_line_width(drawing_.get(), 0.5);
        cairo_move_to(drawing_.get(), margin, y_ - 2);
        cairo_line_to(drawing_.get(), page_width - margin, y_ - 2);
        cairo_stroke(drawing_.get());
    }

    void go_down(double by) { y_ += by; }

    void paragraph(std::string_view text, const look& how)
    {
        const auto tall = height(text, inside, how);
        make_room(tall);
        write(text, 0, 0, inside, how);
        go_down(tall);
    }

    void finish()
    {
        must(cairo_status(drawing_.get()));
        cairo_surface_finish(surface_.get());
        must(cairo_surface_status(surface_.get()));
    }
};

void write_head(pages& p, const std::vector<sheet::row>& rows)
{
    constexpr double width = inside - label_width;
    for (const auto& row : rows)
    {
        const auto tall = std::max(p.height(row.label, label_width - gap, {}), p.height(row.detail, width, {}));
        p.make_room(tall);
        p.write(row.label, 0, 0, label_width - gap, {.grey = true});
        p.write(row.detail, label_width, 0, width, {});
        p.go_down(tall + 3);
    }
}

void write_rows(pages& p, const std::vector<sheet::row>& rows)
{
    constexpr double width = inside - amount_width - gap;
    for (const auto& row : rows)
    {
        const look label{.bold = row.strong}, detail{.size = 8, .grey = true},
            amount{.bold = row.strong, .align = PANGO_ALIGN_RIGHT};
        const auto first = p.height(row.label, width, label);
        const auto tall = first + p.height(row.detail, width, detail);
        p.make_room(tall);
        if (row.strong) p.rule();
        p.write(row.label, 0, 0, width, label);
        p.write(row.amount, inside - amount_width, 0, amount_width, amount);
        p.write(row.detail, 0, first, width, detail);
        p.go_down(tall + 5);
    }
}

}  // namespace

std::string pdf_of(const sheet& s)
{
    std::string out;
    pages p{out};
    p.describe(s);
    p.paragraph(s.title, {.size = 16, .bold = true});
    p.go_down(12);
    if (!s.note.empty())
    {
        p.paragraph(s.note, {});
        p.go_down(12);
    }
    write_head(p, s.head);
    for (const auto& section : s.sections)
    {
        p.go_down(16);
        p.make_room(60);
        p.paragraph(section.heading, {.size = 11, .bold = true});
        p.go_down(8);
        write_rows(p, section.rows);
    }
    p.finish();
    return out;
}

}  // namespace roost::payments
